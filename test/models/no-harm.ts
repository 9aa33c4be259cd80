import fc from 'fast-check';
import { expect } from 'vitest';
import { bytesOf, type HostileCase, hostileFiles, isRead } from './hostile.ts';

/**
 * Expects that the valid files of a case are read, and that changed ones are read or refused. A failure prints the seed with which its
 * files are made again.
 */
export async function expectNoHarm(kind: HostileCase, count: number): Promise<void> {
  for (const valid of kind.files) expect(await isRead(kind, bytesOf(valid), valid)).toBe(true);
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(hostileFiles(kind), async ({ bytes, valid }) => {
      if (!(await isRead(kind, bytes, valid))) refused++;
    }),
    { numRuns: count },
  );
  expect(refused).toBeGreaterThan(0);
}
