import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { imageFiles } from '../../agent/image/image-files.ts';
import { filesOf } from '../../models/manifests/edit.ts';
import { ROOT } from '../../workers/command/root.ts';
import { compiled } from '../compiled.ts';
import { loadShipped, SHIPPED } from '../shipped.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { writeFewScenes } from '../web/few-scenes.ts';
import { planHere, startAgent, startCommand } from './kubernetes/processes.ts';

const run = promisify(execFile);

/** The most bytes of an uncompressed image. */
const BYTES_MAX = 250e6;
/**
 * Bytes in an image besides the package, rounded up: the program of Node 22, and the base image's C and C++ libraries and
 * certificates.
 */
const NODE_BYTES = 121e6;
const BASE_BYTES = 24e6;

const content = { platform: 'linux', models: ['fashion', 'mail'] };
const { arch } = process;

test.each(['x64', 'arm64'])(
  'the image for %s is smaller than 250 MB, with the binaries of its platform alone',
  async (cpu) => {
    const files = await imageFiles(ROOT, { ...content, arch: cpu });
    expect(new Set(files).size).toBe(files.length);
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(ROOT, file))).size));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    expect(bytes + NODE_BYTES + BASE_BYTES).toBeLessThan(BYTES_MAX);
    const binaries = files.filter((file) => file.includes('onnxruntime-node/bin/'));
    expect(binaries.length).toBeGreaterThan(0);
    for (const file of binaries) expect(file).toContain(`/linux/${cpu}/`);
  },
);

test('the image has none of the packages that only browsers, benchmarks or builds need', async () => {
  const files = await imageFiles(ROOT, { ...content, arch });
  for (const name of ['onnxruntime-web', 'playwright', 'playwright-core', 'vite', 'sharp', 'typescript'])
    expect(files.filter((file) => file.startsWith(`node_modules/${name}/`))).toEqual([]);
});

test.each(SHIPPED)('the image for %s has each file that its manifest names', async (name) => {
  const files = await imageFiles(ROOT, { platform: 'linux', arch, models: [name] });
  const { manifest } = await loadShipped(name);
  const named = filesOf(manifest).map(({ file }) => join('models', name, file));
  expect(named.length).toBeGreaterThan(0);
  expect(files).toEqual(expect.arrayContaining(named));
});

test('an image for pipelines that share models has each of their files once', async () => {
  const files = await imageFiles(ROOT, {
    platform: 'linux',
    arch,
    models: ['mini-audio-qa', 'mini-audio-sentiment'],
  });
  expect(new Set(files).size).toBe(files.length);
});

test('what the step of the Containerfile copies serves a pipeline, and every command starts', async () => {
  // No folder above the image has packages, because Node would find those, too.
  const image = join(folderOfTest(), 'package');
  const { models } = content;
  await run(process.execPath, [compiled('agent/image/copy.js'), image, ...models]);
  await writeFile(join(image, 'plan.json'), JSON.stringify(await planHere()));
  const place = { entry: join(image, 'agent/ipa-agent.js'), cwd: image };
  const args = ['--plan', 'plan.json', '--manifest', 'models/fashion/manifest.json', '--port', '0'];
  const stage = await startAgent(['stage', '--stage', 'detect', ...args], {}, place);
  expect((await fetch(`${stage.url}/v2/health/ready`)).status).toBe(200);
  const serve = await startAgent(['serve', ...args], {}, place);
  expect((await fetch(`${serve.url}/v2/health/ready`)).status).toBe(200);
  const [withPlan, manifest] = [args.slice(0, 4), args.slice(2, 4)];
  const few = ['--manifest', await writeFewScenes(join(image, 'few-scenes'))];
  for (const command of [
    ['profile', ...few, '--pods', '--budget', '1s', '--batches', '1', '--out', 'profile.json'],
    ['export', ...withPlan, '--out', 'objects'],
    ['crd', ...manifest],
  ]) {
    const { lines, ended } = startCommand(command, {}, place);
    expect([await ended, lines.join('\n')]).toEqual([0, expect.any(String)]);
  }
  const nowhere = ['--kubeconfig', join(image, 'none')];
  for (const command of [
    ['gateway', ...args],
    ['apply', ...withPlan],
    ['watch', ...manifest, '--profile', 'profile.json'],
    ['uninstall', '--pipeline', 'fashion'],
  ]) {
    const { lines, ended } = startCommand([...command, ...nowhere], {}, place);
    expect(await ended).toBe(2);
    expect(lines.join('\n')).toContain('There is no cluster to talk to');
  }
});
