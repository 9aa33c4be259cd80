import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostileFiles, isRead } from './hostile.ts';
import { HOSTILE_FILES } from './hostile-files.ts';

/** Files of each kind. A failure prints the seed with which its files are made again. */
const FILES = 200;

test.each(Object.entries(HOSTILE_FILES))(
  '%s: any change is read, or refused with what is wrong',
  async (_, kind) => {
    let [read, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(hostileFiles(kind), async ({ bytes, valid }) => {
        if (await isRead(kind, bytes, valid)) read++;
        else refused++;
      }),
      { numRuns: FILES },
    );
    expect(read).toBeGreaterThan(FILES / 100);
    expect(refused).toBeGreaterThan(FILES / 100);
  },
  120_000,
);
