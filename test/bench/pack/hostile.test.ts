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
  'lines of texts',
  'lines of recordings',
  'lines of questions',
  'questions in the format of SQuAD',
  'boxes in the format of COCO',
])(
  '%s: any change is read, or refused with what is wrong',
  (name) => expectNoHarm(kinds[name]!, 200),
  600_000,
);
