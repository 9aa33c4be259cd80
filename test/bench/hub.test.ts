import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { fetchFiles as fetchAll } from '../../bench/recipe/fetch.ts';
import { MANIFEST_URL, serveManifest } from '../../bench/runner/host.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { parseReport } from '../../solver/documents/report.ts';
import { COMMIT } from '../hub.ts';
import { gzip, i32, safetensors, u8 } from '../models/safetensors.ts';
import { brightestChannel } from '../onnx.ts';
import { HubFolder } from './hub-folder.ts';

const CLASSES = ['red', 'green', 'blue'];
const [HEIGHT, WIDTH] = [2, 4];
const CONFIG = {
  architectures: ['ResNetForImageClassification'],
  model_type: 'resnet',
  num_channels: 3,
  id2label: { ...CLASSES },
};
const PREPROCESSOR = {
  do_normalize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.25, 0.25, 0.25],
  size: { height: HEIGHT, width: WIDTH },
};

const modelOf = (input: 'float32' | 'float16', output: 'float32' | 'float16' = 'float32') =>
  brightestChannel({ type: input, dims: ['batch', 3, HEIGHT, WIDTH] }, 1, {
    type: output,
    dims: ['batch', 3],
  });

const own = new HubFolder();
const { run: onHub, pin, manifest } = own;

beforeEach(() => {
  own.hub.publish(
    'owner/brightest',
    {
      'config.json': CONFIG,
      'preprocessor_config.json': PREPROCESSOR,
      'onnx/model.onnx': modelOf('float32'),
      'onnx/model_fp16.onnx': modelOf('float16', 'float16'),
      // The hub states no sum of a file as small as this one.
      'onnx/model_int8.onnx': modelOf('float32', 'float16'),
    },
    { cardData: { license: 'mit' } },
  );
});

const fetchFiles = () => own.runHere('fetch', '--manifest', own.manifestPath);

/** Adds six labelled images, each brightest in one channel, to the pinned manifest. */
function addPack(): void {
  const plane = HEIGHT * WIDTH;
  const imageOf = (channel: number) =>
    Array.from({ length: 3 * plane }, (_, i) => (Math.floor(i / plane) === channel ? 200 : 100));
  const labels = [0, 1, 2, 2, 1, 0];
  const pack = gzip(
    safetensors({
      images: u8([labels.length, 3, HEIGHT, WIDTH], labels.flatMap(imageOf)),
      'label.classify': i32(labels),
    }),
  );
  writeFileSync(join(own.folder, 'own/pack.bin'), pack);
  const sha256 = createHash('sha256').update(pack).digest('hex');
  const entry = { file: 'pack.bin', sha256, source: 'made up' };
  writeFileSync(own.manifestPath, JSON.stringify({ ...manifest(), pack: entry }));
}

test('a hub model goes from its id to a profile, and its files move once', async () => {
  const pinned = await onHub(['pin', 'owner/brightest', '--out', own.manifestPath]);
  expect(pinned.stderr).toBe('');
  expect(pinned.stdout).toMatch(/brightest-fp16 .*mit/);
  expect(own.hub.sentBytes).toBe(0);
  const { stages } = parseManifest(manifest(), own.manifestPath);
  expect(stages[0]!.variants.map(({ name, source }) => [name, source?.revision])).toEqual([
    ['brightest-fp32', COMMIT],
    ['brightest-fp16', COMMIT],
    ['brightest-int8', COMMIT],
  ]);

  // `pin` has read and kept the file without a sum, so `fetch` does not download it.
  expect((await fetchFiles()).stdout).toContain('2 of 3 files downloaded');
  expect(own.hub.requests.filter(({ url }) => url.endsWith('model_int8.onnx'))).toHaveLength(1);
  const asked = own.hub.requests.length;
  expect((await fetchFiles()).stdout).toContain('0 of 3 files downloaded (0.0 MB)');
  expect(own.hub.requests).toHaveLength(asked);

  addPack();
  const profile = await own.measure('1');
  expect(own.hub.requests).toHaveLength(asked);
  expect(profile.cells.map(({ state }) => state)).toEqual(Array(3).fill('measured'));
  expect(profile.stages[0]!.variants.map(({ accuracy }) => accuracy.measured?.value)).toEqual([1, 1, 1]);
});

test('a model without labelled data is planned and run by the accuracy that its pin states, which every command says', async () => {
  const plan = join(own.folder, 'plan.json');
  const planned = () =>
    own.runHere(
      ...['plan', '--profile', own.profilePath, '--sla', '1000', '--rate', '5', '--cores', '8'],
      ...['--out', plan],
    );
  const stated = ['--accuracy', '0.8', '--accuracy-source', 'its page'];
  await pin('owner/brightest', '--dtypes', 'fp32', ...stated);
  await pin('owner/brightest', '--dtypes', 'fp16');
  await own.measure('1');
  const unknown = await planned();
  expect(unknown.stderr).toMatch(
    /Variant brightest-fp16 of stage classify has no accuracy.*ipa-edge pack.*ipa-edge pin --accuracy/,
  );
  expect(unknown.code).toBe(2);

  await pin('owner/brightest', '--dtypes', 'fp16', ...stated);
  await own.measure('1');
  const note = 'The pipeline has no labelled pack: times are of made-up items';
  const chosen = await planned();
  expect(chosen.stdout).toContain('PAS 0.800');
  expect(chosen.stdout).toContain(note);
  const report = join(own.folder, 'report.json');
  const ran = await onHub([
    ...['run', '--plan', plan, '--manifest', own.manifestPath, '--duration', '1s', '--out', report],
  ]);
  expect(ran.stdout).toContain(note);
});

test('models of which no accuracy is known are benched by latency and cost alone, and the report opens', async () => {
  await pin('owner/brightest', '--dtypes', 'fp32,fp16');
  const out = join(own.folder, 'out');
  const benched = await onHub([
    ...['bench', '--manifest', own.manifestPath, '--backend', 'cpu', '--batches', '1', '--budget', '1s'],
    ...['--sla', '60000', '--rate', '5', '--duration', '1s', '--out', out],
  ]);
  expect(benched.code, benched.stderr).toBe(0);
  expect(benched.stdout).toContain('accuracy unknown: planned by latency and cost alone');
  const report = parseReport(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')), 'report');
  expect(report.kind === 'bench' && report.combinations.map(({ pas }) => pas)).toEqual([null, null]);
});

test.each<[what: string, args: string[], says: RegExp]>([
  ['without its source', ['--accuracy', '0.8'], /Give --accuracy and --accuracy-source together/],
  ['in percent', ['--accuracy', '80', '--accuracy-source', 'its page'], /Expected a number from 0 to 1/],
])('pin refuses an accuracy %s', async (_, args, says) => {
  const { code, stderr } = await pin('owner/brightest', ...args);
  expect(stderr).toMatch(says);
  expect(code).toBe(2);
});

test('the files of a pinned manifest are served to a browser from here, downloaded where they were not', async () => {
  await pin('owner/brightest', '--dtypes', 'fp32');
  addPack();
  const { XDG_CACHE_HOME } = process.env;
  process.env.XDG_CACHE_HOME = join(own.folder, 'cache');
  try {
    const host = await serveManifest(own.manifestPath, own.folder);
    const served = parseManifest(await (await fetch(host.url + MANIFEST_URL)).json(), 'the served manifest');
    const { file } = served.stages[0]!.variants[0]!.sessions.model!;
    expect(file).not.toContain('/');
    const answer = await fetch(new URL(file, host.url + MANIFEST_URL));
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(modelOf('float32'));
    await host.close();
  } finally {
    if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
  }
});

test('fetch downloads a file of the hub even if the manifest also names a copy of it on this machine', async () => {
  await pin('owner/brightest', '--dtypes', 'fp32');
  const { stages, ...rest } = manifest();
  const [{ source: _, ...variant }] = stages[0].variants;
  const mine = {
    ...variant,
    name: 'mine',
    sessions: { model: { ...variant.sessions.model, file: 'mine.onnx' } },
  };
  const both = [{ ...stages[0], variants: [stages[0].variants[0], mine] }];
  writeFileSync(join(own.folder, 'own/mine.onnx'), modelOf('float32'));
  writeFileSync(own.manifestPath, JSON.stringify({ ...rest, stages: both }));
  expect((await fetchFiles()).stdout).toContain('1 of 1 files downloaded');
});

test('fetch says when it waits for a hub that allows no more requests', async () => {
  await pin('owner/brightest', '--dtypes', 'fp32');
  own.hub.answerWith('?signature', [429], { 'retry-after': '1' });
  const { stdout, stderr } = await fetchFiles();
  expect(stderr).toContain('waiting for the hub: the next try comes in 1 s');
  expect(stdout).toContain('1 of 1 files downloaded');
});

test('fetch that is stopped by Ctrl-C exits 130, and the same command goes on where it stopped', async () => {
  await pin('owner/brightest', '--dtypes', 'fp32');
  const { length } = modelOf('float32');
  let held = 1;
  own.hub.spoil('?signature', (_, response) => {
    if (held-- <= 0) return false;
    response.writeHead(200, { 'content-length': length });
    response.write(modelOf('float32').subarray(0, 20));
    return true;
  });
  const stopped = await onHub(['fetch', '--manifest', own.manifestPath], (child) =>
    child.stderr!.once('data', () => process.kill(child.pid!, 'SIGINT')),
  );
  expect(stopped.stderr).toMatch(/file 1 of 1: .*What was downloaded is kept/s);
  expect(stopped.code).toBe(130);
  expect((await fetchFiles()).stdout).toContain('1 of 1 files downloaded');
  expect(own.hub.requests.at(-1)!.range).toBe('bytes=20-');
});

test('fetch that is stopped while it checks files that are here stops before the next file', async () => {
  await pin('owner/brightest', '--dtypes', 'fp32');
  await fetchFiles();
  vi.stubEnv('XDG_CACHE_HOME', join(own.folder, 'cache'));
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(fetchAll(own.manifestPath, AbortSignal.abort())).rejects.toThrow(
    'Stopped. What was downloaded is kept',
  );
});

test('a manifest gets more variants, and keeps what it has', async () => {
  own.hub.publish('owner/other', {
    'config.json': CONFIG,
    'preprocessor_config.json': PREPROCESSOR,
    'onnx/model.onnx': modelOf('float32'),
  });
  await pin('owner/brightest', '--dtypes', 'fp32,fp16', '--name', 'colours', '--stage', 'look');
  addPack();
  const { stdout } = await pin('owner/other@main');
  expect(stdout).toMatch(/look .*other-fp32 .*not stated/);
  expect(manifest()).toMatchObject({ name: 'colours', pack: { file: 'pack.bin' } });
  expect(manifest().stages[0].variants.map((variant: { name: string }) => variant.name)).toEqual([
    'brightest-fp32',
    'brightest-fp16',
    'other-fp32',
  ]);
});

test('what another command writes into a manifest while a model is pinned stays', async () => {
  await pin('owner/brightest', '--dtypes', 'fp32');
  let packed = false;
  own.hub.spoil('owner/brightest', () => {
    if (!packed) addPack();
    packed = true;
    return false;
  });
  await pin('owner/brightest', '--dtypes', 'fp16');
  expect(manifest().pack).toMatchObject({ file: 'pack.bin' });
  expect(manifest().stages[0].variants).toHaveLength(2);
});

test.each<[what: string, args: string[], says: RegExp]>([
  ['an id that is none', ['not an id'], /is not a model's id: give owner\/name/],
  ['a file that is not there', ['none.json'], /none\.json cannot be read: there is no such file/],
  ['a model that is not there', ['owner/nothing'], /owner\/nothing.* does not exist \(404\)/],
  ['a revision that is not there', ['owner/brightest@v9'], /revision\/v9.* does not exist/],
  ['a data type that is none', ['owner/brightest', '--dtypes', 'fp7'], /Expected some of fp32, fp16/],
  [
    'a data type that it lacks',
    ['owner/brightest', '--dtypes', 'q4'],
    /has no model in q4\. It has fp32, fp16, int8/,
  ],
  ['another architecture', ['owner/reader'], /BertForMaskedLM, which ipa-edge cannot run/],
])('pin refuses %s with exit 2', async (_, args, says) => {
  own.hub.publish('owner/reader', {
    'config.json': { architectures: ['BertForMaskedLM'] },
    'onnx/model.onnx': modelOf('float32'),
  });
  own.hub.spoil('/revision/v9', (_, response) => {
    response.writeHead(404).end();
    return true;
  });
  const { code, stderr } = await pin(args[0]!, ...args.slice(1));
  expect(stderr).toMatch(says);
  expect(code).toBe(2);
});
