import { expect, onTestFinished, test, vi } from 'vitest';
import { batchOf, type Item } from '../../models/items/item-batch.ts';
import { withFiles } from '../../models/manifests/load.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { MANIFEST } from '../../solver/documents/manifest.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { run } from '../../workers/executor/run.ts';
import { openPlanner } from '../../workers/planner/node.ts';
import { measureProfile } from '../../workers/profiler/profile.ts';
import { ModelLoadError } from '../../workers/runtime/errors.ts';
import { specAlone } from '../../workers/stage/protocol.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { openFileStore } from '../../workers/store/node.ts';
import { gzip, i32, safetensors, u8 } from '../models/safetensors.ts';
import { tokenizerFiles } from '../models/tokenizer.ts';
import { brightestChannel, quarterDetector, tokenCounter } from '../onnx.ts';
import { folderOfTest } from '../temporary-folder.ts';

/** Models of users, with other layouts, element types, shapes and batch sizes than those of the shipped models. */

const CLASSES = ['red', 'green', 'blue'];
const [HEIGHT, WIDTH] = [2, 4];

/** An image that is brightest in one channel. */
const imageOf = (channel: number): Item =>
  Uint8Array.from({ length: 3 * HEIGHT * WIDTH }, (_, i) =>
    Math.floor(i / (HEIGHT * WIDTH)) === channel ? 200 + (i % 3) : 100,
  );

type Type = 'float32' | 'float16' | 'uint8';
interface Format {
  readonly layout: 'nchw' | 'nhwc';
  /** The layout that the stage states. */
  readonly stated: 'nchw' | 'nhwc';
  readonly input: Type;
  readonly output: 'float32' | 'float16';
  readonly batch: number | 'batch';
  readonly size: readonly (number | string)[];
  readonly trailing: number[];
}

const USUAL: Format = {
  layout: 'nchw',
  stated: 'nchw',
  input: 'float32',
  output: 'float32',
  batch: 'batch',
  size: [HEIGHT, WIDTH],
  trailing: [],
};

test.each<[string, Partial<Format>]>([
  ['channels last', { layout: 'nhwc', stated: 'nhwc' }],
  ['channels last, where the stage says first', { layout: 'nhwc' }],
  ['channels first, where the stage says last', { stated: 'nhwc' }],
  ['uint8 pixels', { input: 'uint8' }],
  ['uint8 pixels, channels last', { input: 'uint8', layout: 'nhwc', stated: 'nhwc' }],
  ['float16 in and out', { input: 'float16', output: 'float16' }],
  ['an output of further dimensions of 1', { trailing: [1, 1] }],
  ['open height and width', { size: ['h', 'w'] }],
  ['a fixed batch of 1', { batch: 1 }],
  ['a fixed batch of 4', { batch: 4 }],
])('a model with %s gives the same classes, whatever the batch', (_, differs) => expectClasses(differs));

test('a model with float16 runs where JavaScript has the class Float16Array', async () => {
  // Workers inherit the variable. Where Node lacks the class, a class with other elements takes its place, so that its use would show.
  const code = 'globalThis.Float16Array??=class extends Float32Array{}';
  vi.stubEnv('NODE_OPTIONS', `--import=data:text/javascript,${encodeURIComponent(code)}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  await expectClasses({ input: 'float16', output: 'float16' });
});

/** Runs a model in batches of several sizes, and expects the class of each image. */
async function expectClasses(differs: Partial<Format>): Promise<void> {
  const { layout, stated, input, output, batch, size, trailing } = { ...USUAL, ...differs };
  const dims = layout === 'nchw' ? [3, ...size] : [...size, 3];
  const model = brightestChannel({ type: input, dims: [batch, ...dims] }, layout === 'nchw' ? 1 : 3, {
    type: output,
    dims: [batch, 3, ...trailing],
  });
  const worker = await nodeEnvironment().spawn('formats', 1);
  const stage = {
    name: 'classify',
    task: 'image-classification',
    input: { channels: 3, height: HEIGHT, width: WIDTH, mean: [0.5], std: [0.25], layout: stated },
    classes: CLASSES,
    scores: 'logits',
    variants: [],
  };
  const spec = specAlone(stage, {
    key: 'k',
    model: 'classify/made-up',
    backend: 'cpu',
  });
  await worker.load(spec, { model });
  for (const count of [1, 3, 6]) {
    const channels = Array.from({ length: count }, (_, i) => (2 * i + 1) % 3);
    const { results } = await worker.run('k', batchOf(channels.map(imageOf)));
    expect(results.map((result) => (result as unknown as { label: number }).label)).toEqual(channels);
  }
  worker.terminate();
}

test('a detector with open height and width finds the objects of a batch', async () => {
  const SIDE = 16;
  const stage = {
    name: 'detect',
    task: 'object-detection',
    input: { channels: 3, height: SIDE, width: SIDE, mean: [0], std: [1], layout: 'nchw' },
    output: { format: 'detr', threshold: 0.5 },
    classes: CLASSES,
    variants: [],
  };
  const worker = await nodeEnvironment().spawn('formats', 1);
  const model = quarterDetector('detr', 'float32', SIDE, {}, ['h', 'w']);
  await worker.load(specAlone(stage, { key: 'k', model: 'detect/made-up', backend: 'cpu' }), { model });
  // The left half of each image has one channel.
  const images = [0, 2].map((channel) =>
    Uint8Array.from({ length: 3 * SIDE ** 2 }, (_, i) =>
      Math.floor(i / SIDE ** 2) === channel && i % SIDE < SIDE / 2 ? 255 : 0,
    ),
  );
  const { results } = await worker.run('k', batchOf(images));
  const quarter = (label: number, y0: number) => ({ x0: 0, y0, x1: SIDE / 2, y1: y0 + SIDE / 2, label });
  expect(results).toMatchObject(
    [0, 2].map((label) => ({ detections: [quarter(label, 0), quarter(label, SIDE / 2)] })),
  );
  worker.terminate();
});

test('variants of other formats are profiled, planned and run in one pipeline, each at the batch that it runs', async () => {
  const IMAGES = 24;
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const variant = (name: string, bytes: Uint8Array<ArrayBuffer>) => {
    files.set(`${name}.onnx`, bytes);
    const model = { file: `${name}.onnx`, sha256: '0'.repeat(64), sizeBytes: bytes.length, dtype: 'fp32' };
    return { name, sessions: { model }, accuracy: null, accuracySource: 'made up' };
  };
  const made = (input: Type, batch: number | 'batch') =>
    brightestChannel({ type: input, dims: [batch, 3, HEIGHT, WIDTH] }, 1, {
      type: 'float32',
      dims: [batch, 3],
    });
  files.set(
    'pack.bin',
    gzip(
      safetensors({
        images: u8(
          [IMAGES, 3, HEIGHT, WIDTH],
          Array.from({ length: IMAGES }, (_, i) => [...imageOf(i % 3)]).flat(),
        ),
        'label.classify': i32(Array.from({ length: IMAGES }, (_, i) => i % 3)),
      }),
    ),
  );
  const models = withFiles(
    parseManifest(
      {
        schema: MANIFEST,
        name: 'formats',
        title: 'One classifier, in other formats',
        stages: [
          {
            name: 'classify',
            task: 'image-classification',
            input: { channels: 3, height: HEIGHT, width: WIDTH },
            classes: CLASSES,
            variants: [
              variant('usual', made('float32', 'batch')),
              variant('bytes', made('uint8', 'batch')),
              variant('threes', made('float16', 3)),
            ],
          },
        ],
        pack: { file: 'pack.bin', sha256: '0'.repeat(64), source: 'made up' },
      },
      'the test',
    ),
    async (file) => files.get(file)!,
  );
  const folder = folderOfTest();
  const store = await openFileStore(folder);
  const environment = nodeEnvironment();
  const settings = { backends: ['cpu'], threads: [1], batches: [1, 2], budgetS: 1, seed: 3 } as const;
  const profiled = await measureProfile({ models, environment, store, settings });
  store.close();
  const { cells, stages } = profiled.profile;
  const batches = (name: string) =>
    cells.flatMap(({ variant, batch }) => (variant === name ? [batch] : [])).sort();
  expect([batches('usual'), batches('bytes'), batches('threes')]).toEqual([[1, 2], [1, 2], [3]]);
  // A slow machine may have no time left for the larger batch.
  expect(cells.filter(({ batch }) => batch !== 2).map(({ state }) => state)).toEqual(
    Array(3).fill('measured'),
  );
  expect(stages[0]!.variants.map(({ accuracy }) => accuracy.measured?.value)).toEqual([1, 1, 1]);

  const threes = {
    ...profiled.profile,
    stages: [{ ...stages[0]!, variants: [stages[0]!.variants[2]!] }],
    cells: cells.filter((cell) => cell.variant === 'threes'),
  };
  const identified = await parseIdentified(threes, 'the fixed variant alone');
  const planner = openPlanner();
  const plan = await planner.plan(identified, planRequest(threes, { slaMs: 5000, ratePerS: 2 }));
  planner.close();
  expect(plan.stages[0]).toMatchObject({ variant: 'threes', batch: 3 });
  const report = await run({
    ...{ name: 'plan', plan, backends: ['cpu'], models, environment, seed: 1 },
    load: constantLoad(5, 2, 1),
  });
  expect(report.result).toMatchObject({ completed: 10, shed: 0, failed: 0, accuracy: { endToEnd: 1 } });
});

test('a batch of a short and a long text gives what each gives alone, with padding between', async () => {
  const worker = await nodeEnvironment().spawn('tokens', 1);
  const stage = {
    name: 'mood',
    task: 'text-classification',
    input: { encoding: 'tokens', length: 512 },
    classes: ['good', 'bad'],
    scores: 'logits',
    variants: [],
  };
  const spec = specAlone(stage, { key: 'k', model: 'mood/made-up', backend: 'cpu' });
  await worker.load(spec, { model: tokenCounter([4, 5]), ...tokenizerFiles() });
  const texts = ['good bad good', Array(200).fill('bad good bad').join(' ')];
  const items = texts.map((text): Item => new TextEncoder().encode(text));
  const together = await worker.run('k', batchOf(items));
  const alone = await Promise.all(items.map((item) => worker.run('k', batchOf([item]))));
  expect(together.results).toEqual(alone.flatMap(({ results }) => results));
  expect(together.results).toMatchObject([{ label: 0 }, { label: 1 }]);

  const broken = { model: tokenCounter([4, 5]), ...tokenizerFiles(), tokenizer: new Uint8Array([123]) };
  const loading = worker.load({ ...spec, key: 'broken' }, broken);
  await expect(loading).rejects.toThrow(ModelLoadError);
  await expect(loading).rejects.toThrow(/mood\/made-up cannot be loaded.*tokenizer\.json/s);
  worker.terminate();
});
