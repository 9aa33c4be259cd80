import { expect, test, vi } from 'vitest';
import { nodeEnvironment } from '../../workers/environment/node.ts';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  availableParallelism: () => 1,
  cpus: () => Array.from({ length: 3 }, () => ({ model: 'A CPU' })),
}));

const runtime = { ortVersion: '1', ortBuild: 'node', crossOriginIsolated: false, timerGrainMs: 0 } as const;

test('a process has the cores that it may use, and a pod those of its node, whatever its limit', async () => {
  for (const [environment, cores] of [
    [nodeEnvironment(), 1],
    [nodeEnvironment({ pod: true }), 3],
  ] as const) {
    expect(environment.logicalCores).toBe(cores);
    expect((await environment.describe(runtime)).logicalCores).toBe(cores);
  }
});
