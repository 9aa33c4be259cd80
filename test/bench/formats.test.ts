import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parsePlan } from '../../solver/documents/plan.ts';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import {
  CLASSIFIERS,
  COLOURS,
  entryOf,
  externalFiles,
  type NamedBytes,
  ownVariant,
  PATCH,
  quarters,
  SCENE,
  scenes,
} from '../formats.ts';
import { LocalHub } from '../hub.ts';
import { quarterDetector } from '../onnx.ts';
import { drawLines, textDirection } from '../text-lines.ts';
import { ipaEdge } from './command.ts';

/** Models of many formats go from their files to a plan, by commands. */

let folder: string;
const at = (name: string) => join(folder, name);
const MANIFEST = 'manifest.json';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ipa-edge-formats-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function layOut(files: readonly NamedBytes[]): Promise<void> {
  for (const { name, bytes } of files) await writeFile(at(name), bytes);
}

async function command(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const { code, stderr } = await ipaEdge(args, undefined, env);
  expect(code, stderr).toBe(0);
}

const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(at(name), 'utf8'));

/** Profiles the manifest's pipeline on the CPU, and plans it. */
async function profileAndPlan(env: Readonly<Record<string, string>> = {}) {
  const [profile, plan] = [at('profile.json'), at('plan.json')];
  await command(
    [
      ...['profile', '--manifest', at(MANIFEST), '--backend', 'cpu', '--batches', '1,2', '--budget', '1s'],
      ...['--out', profile],
    ],
    env,
  );
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
  const own = CLASSIFIERS.slice(0, -1);
  const pack = scenes();
  await layOut([...own.map(([file]) => file), pack]);
  const pinned = (await json(MANIFEST)) as { stages: { variants: object[] }[] };
  pinned.stages[1]!.variants.push(...own.map(ownVariant));
  await writeFile(at(MANIFEST), JSON.stringify({ ...pinned, pack: { ...entryOf(pack), source: 'made up' } }));

  const { profile, plan } = await profileAndPlan(env);
  await hub.close();
  expect(accuracies(profile)).toEqual([
    [
      ['quarters-fp32', 1],
      ['quarters-fp16', 1],
    ],
    ['colours-fp32', 'usual', 'nhwc', 'bytes', 'pairs', 'trailing', 'half_fp16'].map((name) => [name, 1]),
  ]);
  expect(profile.cells.filter(({ state }) => state === 'failed')).toEqual([]);
  expect(profile.cells.filter(({ variant }) => variant === 'pairs').map(({ batch }) => batch)).toEqual([2]);
  expect(plan.stages.map(({ name }) => name)).toEqual(['detect', 'classify']);
});

test('a YOLO, in fp32 and fp16, goes from its files to a plan', async () => {
  await layOut(quarters('yolov8', CLASSIFIERS.slice(0, 1)));
  const { profile, plan } = await profileAndPlan();
  expect(accuracies(profile)[0]).toEqual([
    ['yolov8-float32', 1],
    ['yolov8-float16', 1],
  ]);
  expect(plan.predicted.endToEnd).toBe(1);
});

test("PaddleOCR's classifier of text direction goes from its file and pictures in folders to a plan", async () => {
  const { manifest, model } = await textDirection();
  await layOut([model]);
  await writeFile(at(MANIFEST), JSON.stringify(manifest));
  await drawLines(at('lines'));
  await command(['pack', '--manifest', at(MANIFEST), '--folders', at('lines')]);
  const { profile, plan } = await profileAndPlan();
  expect(accuracies(profile)).toEqual([[['ppocr', 1]]]);
  expect(plan.stages).toMatchObject([{ variant: 'ppocr', backend: 'cpu' }]);
});
