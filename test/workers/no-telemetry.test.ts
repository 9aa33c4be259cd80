import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { variantSpec } from '../../workers/stage/protocol.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { FASHION, loadFashion } from './fashion.ts';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const runtime = new URL('../../workers/runtime/ort-node.ts', import.meta.url).href;

let home: string;

beforeEach(() => {
  home = folderOfTest();
  vi.stubEnv('HOME', home);
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'));
  // ONNX Runtime is also silent where one of these variables is set, as in continuous integration, which would hide a fault.
  for (const name of ['CI', 'ORT_DISABLE_TELEMETRY', 'ORT_RUNNING_UNIT_TESTS']) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test('ONNX Runtime for Node keeps nothing of the machine and has nothing to send', () => {
  const script = `
    import { readFileSync } from 'node:fs';
    import { createNodeRuntime } from ${JSON.stringify(runtime)};
    const { createSession } = await createNodeRuntime(1);
    await createSession(new Uint8Array(readFileSync(${JSON.stringify(FASHION.replace('manifest.json', 'det4.onnx'))})), 'cpu');
    console.log('ran');`;
  const args = ['--import', tsx, '--input-type=module', '-e', script];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toContain('ran');
  expect(readdirSync(home, { recursive: true })).toEqual([]);
});

test('nor does it in a compiled worker', async () => {
  const { pipeline, readModels } = await loadFashion();
  const worker = await nodeEnvironment().spawn('test', 1);
  const spec = variantSpec(pipeline.first, { key: 'd', variant: 'det4', backend: 'cpu' });
  await worker.load(spec, await readModels(pipeline.first.variant('det4')));
  worker.terminate();
  expect(readdirSync(home, { recursive: true })).toEqual([]);
});
