import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { nodeEnvironment } from '../../workers/environment/node.ts';

beforeAll(() => {
  const [cpu] = os.cpus();
  vi.spyOn(os, 'availableParallelism').mockReturnValue(1);
  vi.spyOn(os, 'cpus').mockReturnValue([cpu!, cpu!, cpu!]);
  // Modules that import single functions of `os` by name get the mocks, too.
  syncBuiltinESMExports();
});
afterAll(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

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
