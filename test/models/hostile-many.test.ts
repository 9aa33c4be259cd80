import { test } from 'vitest';
import { HOSTILE_FILES } from './hostile-files.ts';
import { expectNoHarm } from './no-harm.ts';

test.each([
  'tokenizer.json',
  'config.json with rules',
  'generation_config.json with rules',
  'preprocessor_config.json of sounds',
  'config.json of a hub',
  'generation_config.json of a hub',
  'preprocessor_config.json of a hub',
])(
  '%s: a thousand changes are read, or refused with what is wrong',
  (name) => expectNoHarm(HOSTILE_FILES[name]!, 1_000),
  600_000,
);
