import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect } from 'vitest';
import { bytesOf, type HostileCase, hostileFiles, isRead } from './hostile.ts';

/** The most CPU time that reading a file may take. CPU time does not depend on what else the machine does. */
const READ_MS_MAX = 1000;
/** The most memory that the second half of the reads may leave in use; the first half fills caches, and has code compiled. */
const LEFT_BYTES_MAX = 4e6;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const bytesInUse = async (): Promise<number> => {
  // Memory outside the heap is freed in a turn of the event loop after the collection that found it unused.
  collectGarbage();
  await new Promise(setImmediate);
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/**
 * Expects that the valid files of a case are read, that changed ones are read or refused, and that none takes long or leaves
 * memory in use. A failure prints the seed with which its files are made again.
 */
export async function expectNoHarm(kind: HostileCase, count: number): Promise<void> {
  for (const valid of kind.files) expect(await isRead(kind, bytesOf(valid), valid)).toBe(true);
  let [read, refused, before] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(hostileFiles(kind), async ({ bytes, valid }) => {
      if (read++ === Math.floor(count / 2)) before = await bytesInUse();
      const start = process.cpuUsage();
      if (!(await isRead(kind, bytes, valid))) refused++;
      const { user, system } = process.cpuUsage(start);
      expect((user + system) / 1000).toBeLessThan(READ_MS_MAX);
    }),
    { numRuns: count },
  );
  expect((await bytesInUse()) - before).toBeLessThan(LEFT_BYTES_MAX);
  expect(refused).toBeGreaterThan(0);
}
