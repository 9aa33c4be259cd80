import { test } from 'vitest';
import { HOSTILE_FILES } from './hostile-files.ts';
import { expectNoHarm } from './no-harm.ts';

/** How many changed files of each kind are read. */
const FILES = 300;

test.each(Object.entries(HOSTILE_FILES))(
  '%s: any change is read, or refused with what is wrong',
  (_, kind) => expectNoHarm(kind, FILES),
  120_000,
);
