import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { FASHION } from './fashion.ts';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const runtime = new URL('../../workers/runtime/ort-node.ts', import.meta.url).href;

test('ONNX Runtime for Node keeps nothing of the machine and has nothing to send', () => {
  const home = mkdtempSync(join(tmpdir(), 'ipa-edge-home-'));
  // It says nothing either where it takes this for a test or for continuous integration.
  const { CI: _c, ORT_DISABLE_TELEMETRY: _d, ORT_RUNNING_UNIT_TESTS: _u, ...env } = process.env;
  const script = `
    import { readFileSync } from 'node:fs';
    import { createNodeRuntime } from ${JSON.stringify(runtime)};
    const { createSession } = await createNodeRuntime(1);
    await createSession(new Uint8Array(readFileSync(${JSON.stringify(FASHION.replace('manifest.json', 'det4.onnx'))})), 'cpu');
    console.log('ran');`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', tsx, '--input-type=module', '-e', script],
    {
      env: { ...env, HOME: home, XDG_CACHE_HOME: join(home, 'cache') },
      encoding: 'utf8',
    },
  );
  const kept = readdirSync(home, { recursive: true });
  rmSync(home, { recursive: true });
  expect(stdout, stderr).toContain('ran');
  expect(kept).toEqual([]);
});
