import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Item } from '../../../models/items/item-batch.ts';
import { ItemFormatError } from '../../../models/items/item-format.ts';
import { parseManifest } from '../../../models/manifests/manifest.ts';
import { Scratch } from '../../../models/tasks/program.ts';
import { taskOf } from '../../../models/tasks/registry.ts';
import { metricOf } from '../../../models/tasks/score.ts';
import type { Session, Tensor, Tensors } from '../../../models/tasks/tensor.ts';
import { InvalidDocumentError } from '../../../solver/documents/document.ts';
import { MANIFEST } from '../../../solver/documents/manifest.ts';
import { classify, spam, transcribe } from '../stages.ts';
import { json } from '../tokenizer.ts';
import { ctcTokenizer } from './tokenizer.ts';

const task = taskOf(transcribe);
const RAW = { feature_extractor_type: 'Wav2Vec2FeatureExtractor', sampling_rate: 16000, do_normalize: false };
const assetsOf = (config: object = {}) => ({
  tokenizer: ctcTokenizer(),
  'preprocessor-config': json({ ...RAW, ...config }),
});
const recording = (samples: ArrayLike<number>): Item => new Uint8Array(Float32Array.from(samples).buffer);
const CLASSES = 8;
const SAMPLES_PER_FRAME = 400;

/** A model that gives, for every 400 samples, the class that the first of them holds. */
function model(type: 'float32' | 'float16' = 'float32', withMask = false) {
  const fed: Tensors[] = [];
  const session: Session = {
    inputs: [
      { name: 'input_values', type, dims: [null, null] },
      ...(withMask ? [{ name: 'attention_mask', type: 'int64', dims: [null, null] }] : []),
    ],
    outputs: [{ name: 'logits', type: 'float32', dims: [null, null, CLASSES] }],
    async run(feeds) {
      fed.push({ ...feeds } as Tensors);
      const { data, dims } = feeds.input_values as Tensor;
      const [rows, samples] = dims as [number, number];
      const frames = Math.floor(samples / SAMPLES_PER_FRAME);
      const logits = new Float32Array(rows * frames * CLASSES);
      for (let row = 0; row < rows; row++)
        for (let frame = 0; frame < frames; frame++)
          logits[(row * frames + frame) * CLASSES + Number(data[row * samples + frame * SAMPLES_PER_FRAME])] =
            1;
      return {
        outputs: { logits: { type: 'float32', data: logits, dims: [rows, frames, CLASSES] } },
        ms: rows,
      };
    },
  };
  return { session, fed };
}

/** A recording that the model hears as this path of classes. */
const saying = (path: readonly number[]): Item =>
  recording(path.flatMap((best) => Array<number>(SAMPLES_PER_FRAME).fill(best)));

async function answer(items: readonly Item[], { session } = model(), config = {}) {
  const stage = await task.programs[0]!.prepare!(transcribe, assetsOf(config));
  return task.programs[0]!.run(stage, items, { model: session }, new Scratch());
}

test.each([0.7, 2.01, 30])(
  'a recording may last %d s where its stage says so, at every rate',
  (secondsMax) => {
    for (const sampleRateHz of [8000, 16_000, 44_100, 48_000]) {
      const stage = { ...transcribe, input: { sampleRateHz, secondsMax } };
      const samplesMax = Math.round(secondsMax * sampleRateHz);
      expect(task.itemFormat(stage)).toEqual({ kind: 'audio', sampleRateHz, samplesMax });
    }
  },
);

test('recordings of one length run together and others apart, and the results come in the order of the items', async () => {
  const spy = model();
  const paths = [
    [4, 4, 0, 5],
    [5, 3, 4, 0, 4],
    [0, 7, 7, 7],
  ];
  const { results, outputs, runs } = await answer(paths.map(saying), spy);
  expect(results.map((result) => (result as { text?: string }).text)).toEqual(['AB', 'B AA', 'É']);
  expect(spy.fed.map(({ input_values }) => input_values!.dims)).toEqual([
    [2, 1600],
    [1, 2000],
  ]);
  expect([outputs.length, runs]).toEqual([
    2,
    [
      { session: 'model', ms: 2 },
      { session: 'model', ms: 1 },
    ],
  ]);
});

test('a recording has the same text alone and in any batch', async () => {
  const path = fc.array(fc.integer({ min: 0, max: CLASSES - 1 }), { minLength: 1, maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(fc.array(path, { minLength: 1, maxLength: 5 }), async (paths) => {
      const together = await answer(paths.map(saying));
      for (const [i, own] of paths.entries())
        expect((await answer([saying(own)])).results[0]).toEqual(together.results[i]);
    }),
    { numRuns: 30 },
  );
});

test('recordings are heard alike wherever they lie in memory', async () => {
  const items = [saying([4, 4, 0, 5]), saying([0, 7, 7, 7]), saying([5])];
  const shifted = items.map((item): Item => {
    const bytes = new Uint8Array(item.length + 1);
    bytes.set(item, 1);
    return bytes.subarray(1);
  });
  expect((await answer(shifted)).results).toEqual((await answer(items)).results);
});

test('a very short recording is followed by silence, so that every model takes it', async () => {
  const spy = model();
  await answer([recording([1])], spy);
  const { dims, data } = spy.fed[0]!.input_values!;
  expect([dims, data[0], data[1]]).toEqual([[1, 1600], 1, 0]);
});

test.each([
  ['Wav2Vec2FeatureExtractor', [1, -1]],
  ['MoonshineFeatureExtractor', [0.75, 0.25]],
])('where the file does not say it, %s gives the samples %j', async (feature_extractor_type, expected) => {
  const spy = model();
  const wave = Array.from({ length: 1600 }, (_, i) => (i % 2 ? 0.25 : 0.75));
  await answer([recording(wave)], spy, { feature_extractor_type, do_normalize: undefined });
  const [first, second] = spy.fed[0]!.input_values!.data as Float32Array;
  expect(first).toBeCloseTo(expected[0]!, 4);
  expect(second).toBeCloseTo(expected[1]!, 4);
});

test('a model gets the type that it takes, normalised samples, and a mask if it has one', async () => {
  const spy = model('float16', true);
  const wave = Array.from({ length: 1600 }, (_, i) => (i % 2 ? 0.25 : 0.75));
  await answer([recording(wave)], spy, { do_normalize: true });
  const { input_values, attention_mask } = spy.fed[0]!;
  expect(input_values!.type).toBe('float16');
  // The bits of 1 and −1.
  expect([...input_values!.data.slice(0, 2)]).toEqual([0x3c00, 0xbc00]);
  expect(attention_mask).toEqual({ type: 'int64', data: new BigInt64Array(1600).fill(1n), dims: [1, 1600] });
});

test('recordings that are not in the format are refused', async () => {
  await expect(answer([recording(new Float32Array(32_001))])).rejects.toThrow(ItemFormatError);
  await expect(answer([new Uint8Array(1601)])).rejects.toThrow(ItemFormatError);
});

test('a variant whose features do not fit the stage is refused', async () => {
  await expect(task.programs[0]!.prepare!(transcribe, assetsOf({ sampling_rate: 8000 }))).rejects.toThrow(
    /sampling_rate: expected 16000, the rate of stage "transcribe"/,
  );
  await expect(task.programs[0]!.prepare!(transcribe, assetsOf({ do_normalize: 'yes' }))).rejects.toThrow(
    InvalidDocumentError,
  );
});

test('a model that takes samples is refused with a file that describes Whisper’s features', async () => {
  const whisper = {
    ...{ feature_extractor_type: 'WhisperFeatureExtractor', feature_size: 80, n_fft: 400, hop_length: 160 },
    ...{ n_samples: 32_000, nb_max_frames: 200 },
  };
  await expect(answer([saying([4])], model(), whisper)).rejects.toThrow(
    /takes "input_values", but its preprocessor_config\.json describes "input_features"/,
  );
});

test('the score is the share of words that are right', () => {
  const scoreOf = (text: string, truth: string) =>
    task.match({ ...task.perfect(''), text } as never, truth).map(({ score }) => metricOf(score));
  expect(scoreOf('Where is MY parcel?', 'where is my parcel')).toEqual([1]);
  expect(scoreOf('where is the parcel', 'where is my parcel')).toEqual([0.75]);
  expect(scoreOf('a a a a a a', 'b')).toEqual([0]);
  expect(task.match(task.perfect('so'), 'so')[0]!.score).toEqual({ earned: 1, possible: 1 });
});

test('the next stage gets the text, as far as it takes texts', () => {
  const children = (bytesMax: number) =>
    task
      .children(transcribe, saying([4]), task.perfect('aé☃'), { kind: 'text', bytesMax })
      .map((item) => new TextDecoder().decode(item));
  expect(children(100)).toEqual(['aé☃']);
  expect(children(5)).toEqual(['aé']);
  expect(children(2)).toEqual(['a']);
});

const speech = (changes: object, ...later: object[]) => {
  const file = (name: string) => ({ file: name, sha256: '1'.repeat(64), sizeBytes: 5 });
  const assets = { tokenizer: file('tokenizer.json'), 'preprocessor-config': file('preprocessor.json') };
  const stage = { ...transcribe, variants: [{ ...transcribe.variants[0], assets }], ...changes };
  const manifest = { schema: MANIFEST, name: 'speech', title: '', stages: [stage, ...later] };
  return parseManifest(JSON.parse(JSON.stringify(manifest)), 'speech');
};

test('stages on texts may follow, and others may not', () => {
  expect(speech({}, spam).stages.map(({ name }) => name)).toEqual(['transcribe', 'spam']);
  expect(() => speech({}, classify)).toThrow(
    /expected a task that takes text, which the stage before it passes on/,
  );
});
