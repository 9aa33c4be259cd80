import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { parsePlan } from '../../solver/documents/plan.ts';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { ROOT } from '../../workers/command/root.ts';
import { colouredQuarters } from '../coloured-quarters.ts';
import { CLASSIFIERS, COLOURS, externalFiles, type NamedBytes, PATCH, SCENE } from '../formats.ts';
import { LocalHub } from '../hub.ts';
import { quarterDetector } from '../onnx.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { DIRECTION, drawLines, SIZE, TURNS } from '../text-lines.ts';
import { ipaEdge, ipaEdgeHere, refusal } from './command.ts';

/** Takes models of many formats from their files to a plan, by commands. */

let folder: string;
const at = (name: string) => join(folder, name);
const MANIFEST = 'manifest.json';

beforeEach(() => {
  folder = folderOfTest();
});

async function layOut(files: readonly NamedBytes[]): Promise<void> {
  for (const { name, bytes } of files) await writeFile(at(name), bytes);
}

/** Runs a command, which must succeed. @returns what the command says */
async function command(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await ipaEdgeHere(args, env);
  expect(code, stderr).toBe(0);
  return stdout;
}

/** Makes the pack of coloured quarters, which are the boxes of both stages. */
async function pack(): Promise<void> {
  const boxes = await colouredQuarters(at('boxes'));
  const coco = join(boxes, 'annotations/instances.json');
  await command(['pack', '--manifest', at(MANIFEST), '--coco', coco, '--pictures', join(boxes, 'images')]);
}

const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(at(name), 'utf8'));

/** Profiles the manifest's pipeline on the CPU, and plans it. */
async function profileAndPlan(env: Readonly<Record<string, string>> = {}) {
  const [profile, plan] = [at('profile.json'), at('plan.json')];
  const { code, stderr } = await ipaEdge(
    [
      ...['profile', '--manifest', at(MANIFEST), '--backend', 'cpu', '--batches', '1,2', '--budget', '1s'],
      ...['--out', profile],
    ],
    undefined,
    env,
  );
  expect(code, stderr).toBe(0);
  await command(['plan', '--profile', profile, '--sla', '5000', '--rate', '2', '--out', plan]);
  return {
    profile: parseProfile(await json('profile.json'), profile),
    plan: parsePlan(await json('plan.json'), plan),
  };
}

const accuracies = ({ stages }: Profile) =>
  stages.map(({ variants }) => variants.map(({ name, accuracy }) => [name, accuracy.measured?.value]));

test('a pinned DETR, and classifiers with external data, channels last, bytes, a fixed batch or fp16, are one planned pipeline', async () => {
  const hub = await LocalHub.start();
  const env = hub.env(at('cache'));
  const id2label = { ...COLOURS };
  const preprocessor = (side: number) => ({ do_normalize: false, size: { height: side, width: side } });
  hub.publish('owner/quarters', {
    'config.json': { architectures: ['DetrForObjectDetection'], model_type: 'detr', id2label },
    'preprocessor_config.json': preprocessor(SCENE),
    'onnx/model.onnx': quarterDetector('detr', 'float32'),
    'onnx/model_fp16.onnx': quarterDetector('detr', 'float16'),
  });
  const [model, weights] = externalFiles('model.onnx');
  hub.publish('owner/colours', {
    'config.json': { architectures: ['ResNetForImageClassification'], id2label },
    'preprocessor_config.json': preprocessor(PATCH),
    'onnx/model.onnx': model.bytes,
    'onnx/model.onnx_data': weights.bytes,
  });
  await command(['pin', 'owner/quarters', '--out', at(MANIFEST)], env);
  await command(['pin', 'owner/colours', '--out', at(MANIFEST)], env);
  const own = CLASSIFIERS.slice(0, -1).map(([file]) => file);
  await layOut(own);
  for (const { name } of own) await command(['pin', at(name), '--out', at(MANIFEST)], env);
  await pack();

  const { profile, plan } = await profileAndPlan(env);
  await hub.close();
  expect(accuracies(profile)).toEqual([
    [
      ['quarters-fp32', 1],
      ['quarters-fp16', 1],
    ],
    ['colours', 'usual', 'nhwc', 'bytes', 'pairs', 'trailing']
      .map((name) => [`${name}-fp32`, 1])
      .concat([['half-fp16', 1]]),
  ]);
  expect(profile.cells.filter(({ state }) => state === 'failed')).toEqual([]);
  expect(profile.cells.filter(({ variant }) => variant === 'pairs-fp32').map(({ batch }) => batch)).toEqual([
    2,
  ]);
  expect(plan.stages.map(({ name }) => name)).toEqual(['detect', 'classify']);
});

test('a YOLO, in fp32 and fp16, and a classifier go from their files to a plan, without a manifest', async () => {
  const notes = { names: "{0: 'red', 1: 'green', 2: 'blue'}" };
  const [usual] = CLASSIFIERS[0]!;
  await layOut([
    { name: 'found.onnx', bytes: quarterDetector('yolov8', 'float32', SCENE, notes) },
    { name: 'found_fp16.onnx', bytes: quarterDetector('yolov8', 'float16', SCENE, notes) },
    usual,
    { name: 'names.txt', bytes: new TextEncoder().encode(COLOURS.join('\n')) },
  ]);
  const first = await command(['pin', at('found.onnx'), '--out', at(MANIFEST)]);
  expect(first).toContain('found.onnx is taken for a detector of 3 classes in the format yolov8');
  await command(['pin', at('found_fp16.onnx'), '--out', at(MANIFEST)]);
  const last = await command(['pin', at(usual.name), '--classes', at('names.txt'), '--out', at(MANIFEST)]);
  expect(last).toContain('usual.onnx is taken for a classifier of 3 classes, with pixels from 0 to 1');
  await pack();
  const { profile, plan } = await profileAndPlan();
  expect(accuracies(profile)).toEqual([
    [
      ['found-fp32', 1],
      ['found-fp16', 1],
    ],
    [['usual-fp32', 1]],
  ]);
  expect(plan.predicted.endToEnd).toBe(1);
});

/** Writes the folder `colours`: a classifier in the layout of the hub. */
async function layOutColours(): Promise<void> {
  const [model, weights] = externalFiles('model.onnx');
  await mkdir(at('colours/onnx'), { recursive: true });
  const config = { architectures: ['ResNetForImageClassification'], id2label: { ...COLOURS } };
  const preprocessor = { do_normalize: false, size: { height: PATCH, width: PATCH } };
  await writeFile(at('colours/config.json'), JSON.stringify(config));
  await writeFile(at('colours/preprocessor_config.json'), JSON.stringify(preprocessor));
  for (const { name, bytes } of [model, weights]) await writeFile(at(`colours/onnx/${name}`), bytes);
}

/** Returns the name, model and weights of each variant of the manifest in the folder `own`. */
async function pinnedFiles() {
  const { stages } = parseManifest(await json('own/manifest.json'), 'own');
  return stages[0]!.variants.map(({ name, sessions: { model: own } }) => [
    name,
    own!.file,
    own!.data![0]!.file,
  ]);
}

test('a folder in the layout of the hub is pinned by its path; pinned again, its files replace those before', async () => {
  await layOutColours();
  await command(['pin', at('colours'), '--out', at('own/manifest.json')]);
  const entry = ['colours-fp32', '../colours/onnx/model.onnx', '../colours/onnx/model.onnx_data'];
  expect(await pinnedFiles()).toEqual([entry]);
  await command(['pin', at('colours'), '--out', at('own/manifest.json')]);
  expect(await pinnedFiles()).toEqual([entry]);
});

test("a folder of links in the cache of Hugging Face is pinned like its files, by the model's name", async () => {
  await layOutColours();
  const cached = 'models--me--tints/snapshots/0123abc';
  await mkdir(at(`${cached}/onnx`), { recursive: true });
  for (const name of ['config.json', 'preprocessor_config.json', 'onnx/model.onnx', 'onnx/model.onnx_data'])
    await symlink(at(`colours/${name}`), at(`${cached}/${name}`));
  for (const given of [cached, 'models--me--tints']) {
    await command(['pin', at(given), '--out', at('own/manifest.json')]);
    expect(await pinnedFiles()).toEqual([
      ['tints-fp32', `../${cached}/onnx/model.onnx`, `../${cached}/onnx/model.onnx_data`],
    ]);
  }
});

test('a file with its extension in capital letters is pinned as any other', async () => {
  const [{ bytes }] = CLASSIFIERS[0]!;
  await layOut([{ name: 'USUAL.ONNX', bytes }]);
  expect(await command(['pin', at('USUAL.ONNX'), '--out', at(MANIFEST)])).toContain('USUAL-fp32');
});

/** Runs `pin`, and expects that it refuses its input. @returns what it says */
const unpinned = (...args: string[]) => refusal(['pin', ...args, '--out', at(MANIFEST)]);

test('a file that is no model, or of other classes than are named, is refused with exit 2', async () => {
  await layOut([
    { name: 'none.onnx', bytes: new TextEncoder().encode('no model') },
    CLASSIFIERS[0]![0],
    { name: 'names.txt', bytes: new TextEncoder().encode('red\ngreen\n') },
  ]);
  expect(await unpinned(at('none.onnx'))).toContain('none.onnx cannot be read as an ONNX model');
  expect(await unpinned(at('usual.onnx'), '--classes', at('names.txt'))).toContain(
    'tells 3 classes apart, and 2 are given',
  );
});

test('pixels of a model that takes bytes are not scaled: pin does not say that they are, and refuses --scaling', async () => {
  await layOut([CLASSIFIERS[2]![0]]);
  expect(await command(['pin', at('bytes.onnx'), '--out', at(MANIFEST)])).toContain(
    'is taken for a classifier of 3 classes, with numbered classes (--classes): pin it again',
  );
  expect(await unpinned(at('bytes.onnx'), '--scaling', 'imagenet')).toContain(
    'takes pixels as they are (uint8): leave --scaling out',
  );
});

test('the names that an exporter noted count before those of the stage: in another order, or not at all', async () => {
  const noted = (names: string) => quarterDetector('yolov8', 'float32', SCENE, { names });
  await layOut([
    { name: 'first.onnx', bytes: noted("{0: 'red', 1: 'green', 2: 'blue'}") },
    { name: 'turned.onnx', bytes: noted("{0: 'blue', 1: 'green', 2: 'red'}") },
    { name: 'others.onnx', bytes: noted("{0: 'cat', 1: 'dog', 2: 'cow'}") },
  ]);
  for (const name of ['first.onnx', 'turned.onnx']) await command(['pin', at(name), '--out', at(MANIFEST)]);
  const [stage] = parseManifest(await json(MANIFEST), MANIFEST).stages;
  expect(stage).toMatchObject({
    classes: ['red', 'green', 'blue'],
    variants: [{}, { output: { classes: ['blue', 'green', 'red'] } }],
  });
  expect(await unpinned(at('others.onnx'))).toContain('does not fit the stage detect');
});

test('a file that is no .onnx file is refused by its whole name', async () => {
  await layOut([{ name: 'names.txt', bytes: new TextEncoder().encode('red') }]);
  expect(await unpinned(at('names.txt'))).toContain(`${at('names.txt')} has no ONNX models`);
});

test('a path that is not there is refused as one, and no hub is asked', async () => {
  const env = { HF_ENDPOINT: 'http://127.0.0.1:1' };
  for (const path of ['runs/best.onnx', './exported/resnet-18', at('resnet-18')])
    expect(await refusal(['pin', path, '--out', at(MANIFEST)], env)).toBe(
      `ipa-edge: ${path} cannot be read: there is no such file (UsageError)\n`,
    );
});

test("PaddleOCR's classifier of text direction goes from its file and pictures in folders to a plan", async () => {
  await layOut([{ name: 'turns.txt', bytes: new TextEncoder().encode(TURNS.join('\n')) }]);
  const pin = (...said: string[]) => command(['pin', DIRECTION, ...said, '--out', at(MANIFEST)]);
  expect(await pin()).toContain(
    'is taken for a classifier of 2 classes, with pixels from 0 to 1 (--scaling), pictures of 224x224 (--size), ' +
      'numbered classes (--classes): pin it again with these options',
  );
  const told = await pin('--size', SIZE, '--scaling', '-1..1', '--classes', at('turns.txt'));
  expect(told).toContain('is taken for a classifier of 2 classes.');
  await drawLines(at('lines'));
  await command(['pack', '--manifest', at(MANIFEST), '--folders', at('lines')]);
  const { profile, plan } = await profileAndPlan();
  expect(accuracies(profile)).toEqual([[['ch_ppocr_mobile_v2.0_cls_infer-fp32', 1]]]);
  expect(plan.stages).toMatchObject([{ name: 'classify', backend: 'cpu' }]);
});

test('an option of pin is refused where it is none, does not suit the model, or is said by a config.json', async () => {
  await layOut([CLASSIFIERS[0]![0]]);
  const mini = join(ROOT, 'models/minis/mood-small');
  expect(await unpinned(DIRECTION, '--size', '192')).toMatch(/"192" is no size of pictures: give width/);
  expect(await unpinned(at('usual.onnx'), '--size', '192x48')).toMatch(
    new RegExp(`usual.onnx takes pictures with a \\w+ of ${PATCH} pixels, and \\d+ is given`),
  );
  expect(await unpinned('owner/model', '--scaling', 'imagenet')).toMatch(
    /config\.json of owner\/model says this itself: leave --scaling out/,
  );
  expect(await unpinned(mini, '--size', '8x8')).toMatch(/mood-small says this itself: leave --size out/);
  const grey = join(ROOT, 'models/fashion/mlp64.onnx');
  expect(await unpinned(grey, '--scaling', 'imagenet')).toMatch(
    /takes pictures with 1 channel, and the scaling is of 3\. Give another --scaling/,
  );
  expect(await unpinned(grey, '--task', 'translation')).toMatch(
    /mlp64\.onnx is a model for image-classification: leave --task out/,
  );
  for (const path of [grey, mini])
    expect(await unpinned(path, '--prefix', 'x: ')).toMatch(/is a model for .*\. Leave the prefix out/);
});
