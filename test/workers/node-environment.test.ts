import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { nodeEnvironment, spawnWorker } from '../../workers/environment/node.ts';
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

test('memory is named as the cause only for a worker that others than this process killed', async () => {
  const folder = await mkdtemp(join(os.tmpdir(), 'ipa-edge-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'worker.cjs');
  await writeFile(file, "process.kill(process.pid, 'SIGKILL');");
  await expect(spawnWorker(file).gone).resolves.toBe(
    'killed by SIGKILL, as the system does when memory runs out',
  );
  await writeFile(file, 'setInterval(() => {}, 1000);');
  const worker = spawnWorker(file);
  worker.terminate();
  await expect(worker.gone).resolves.toBe('killed by SIGKILL');
});
