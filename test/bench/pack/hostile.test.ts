import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HostileCase, hostileFiles, isRead } from '../../models/hostile.ts';
import { hostileLabels } from './hostile-labels.ts';

/** Files of each kind. A failure prints the seed with which its files are made again. */
const FILES = 100;

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
  async (name) => {
    let [read, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(hostileFiles(kinds[name]!), async ({ bytes, valid }) => {
        if (await isRead(kinds[name]!, bytes, valid)) read++;
        else refused++;
      }),
      { numRuns: FILES },
    );
    expect(read).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  },
  120_000,
);
