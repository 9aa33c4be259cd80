import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { HostileCase } from '../../models/hostile.ts';
import { expectNoHarm } from '../../models/no-harm.ts';
import { hostileLabels } from './hostile-labels.ts';

let folder: string;
let kinds: Readonly<Record<string, HostileCase>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ipa-edge-hostile-'));
  kinds = await hostileLabels(folder);
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  ['lines of texts', 1_000],
  ['lines of recordings', 1_000],
  ['lines of questions', 1_000],
  ['questions in the format of SQuAD', 200],
  ['boxes in the format of COCO', 200],
])(
  '%s: any of %i changes is read, or refused with what is wrong',
  (name, changes) => expectNoHarm(kinds[name]!, changes),
  600_000,
);
