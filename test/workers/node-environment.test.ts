import { spawnSync } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { compiled } from '../compiled.ts';

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

test.runIf(process.platform === 'linux')(
  'a worker for which no file descriptor is left counts as lost',
  () => {
    const script = `
    import { openSync } from 'node:fs';
    import { spawnWorker } from ${JSON.stringify(pathToFileURL(compiled('workers/environment/node.js')).href)};
    try { for (;;) openSync('/dev/null'); } catch {}
    process.stderr.write(await spawnWorker('worker.js').gone);`;
    const limited = [
      '-c',
      'ulimit -n 100 && exec "$0" --input-type=module -e "$1"',
      process.execPath,
      script,
    ];
    const { stderr } = spawnSync('sh', limited, { encoding: 'utf8' });
    expect(stderr).toMatch(/^spawn .* EMFILE$/);
  },
);
