import { expect, test } from 'vitest';
import { joinFields, splitFields } from '../../models/items/fields.ts';
import { batchOf, type Item } from '../../models/items/item-batch.ts';
import type { LoadedManifest, ModelBytes } from '../../models/manifests/load.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import type { LabelledPack } from '../../models/packs/pack.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { specAlone, type VariantSpec, variantSpec } from '../../workers/stage/protocol.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';
import { ctcTokenizer } from '../models/automatic-speech-recognition/tokenizer.ts';
import { transcribe } from '../models/stages.ts';
import { tokenizerFiles } from '../models/tokenizer.ts';
import { TONES_HZ, toneCtc, toneEncoderDecoder, tonesOf } from '../onnx-speech.ts';

/** The stages of the mini pipelines, each once, with a variant of 32-bit weights. */
export const MINI_STAGES = [
  ['mini-audio-qa', 'transcribe', 'small'],
  ['mini-audio-qa', 'transcribe', 'letters'],
  ['mini-audio-qa', 'answer', 'small'],
  ['mini-audio-sentiment', 'mood', 'small'],
  ['mini-nlp', 'language', 'medium'],
  ['mini-nlp', 'translate', 'small'],
  ['mini-sum-qa', 'summarise', 'small'],
] as const;

/** A variant on a backend, and items for it. */
interface Case {
  readonly spec: VariantSpec;
  readonly files: ModelBytes;
  readonly items: readonly Item[];
}

/** Returns a variant of a shipped stage, and the stage's items of the pack, the shortest first. */
export async function ofPack(
  models: LoadedManifest,
  stageName: string,
  variant: string,
  backend: Backend,
): Promise<Case> {
  const { pipeline } = models;
  const stage = pipeline.stage(stageName);
  const labelled = await labelledItems((await models.readPack()) as LabelledPack, pipeline);
  return {
    spec: variantSpec(stage, { variant, backend }),
    files: await models.readModels(stage.variant(variant)),
    items: [...labelled[pipeline.stages.indexOf(stage)]!.items].sort((a, b) => a.length - b.length),
  };
}

/** Returns a shipped variant and three items of its pack: a short one, a long one (recordings: equally long), and a third. */
export async function ofMinis(...named: Parameters<typeof ofPack>): Promise<Case> {
  const { items, ...variant } = await ofPack(...named);
  const { format } = variant.spec;
  const resized = (item: Item, bytes: number): Item => {
    const { content, texts } = splitFields(format, item);
    return joinFields({
      content: Uint8Array.from({ length: bytes }, (_, i) => content[i % content.length]!),
      texts,
    });
  };
  // Models that take no padding run only recordings of one length together.
  const [short, long] = format.kind === 'text' ? [8, 200] : [96_000, 96_000];
  const middle = items[Math.floor(items.length / 2)]!;
  return { ...variant, items: [resized(items[0]!, short), resized(items.at(-1)!, long), middle] };
}

const json = (value: object) => new TextEncoder().encode(JSON.stringify(value));
const [START, END, GOOD, BAD] = [2, 3, 4, 5];
const [A, B] = [4, 5];

/** Made-up recognisers of tones, by the format of their models. */
const RECOGNISERS = {
  CTC: {
    ...{ model: toneCtc(8, [A, B]), tokenizer: ctcTokenizer() },
    'preprocessor-config': json({
      ...{ feature_extractor_type: 'Wav2Vec2FeatureExtractor', sampling_rate: 16_000, do_normalize: true },
    }),
  },
  Moonshine: {
    ...{ ...toneEncoderDecoder(7, { start: START, end: END, words: [GOOD, BAD] }), ...tokenizerFiles() },
    'preprocessor-config': json({
      feature_extractor_type: 'MoonshineFeatureExtractor',
      sampling_rate: 16_000,
    }),
    ...{ config: json({ decoder_start_token_id: START, eos_token_id: END }), 'generation-config': json({}) },
  },
};

/** Each made-up recogniser, and what it hears in {@link ofTones}. */
const HEARD = [
  ['CTC', ['A', 'AB', 'B']],
  ['Moonshine', ['good', 'good bad', 'bad']],
] as const;

/** Returns a recogniser of tones, and recordings of 1, 10 and 1 s. */
function ofTones(format: keyof typeof RECOGNISERS, backend: Backend): Case {
  const stage = { ...transcribe, input: { ...transcribe.input, secondsMax: 10 } };
  const sounds = [tonesOf(1, TONES_HZ[0]), tonesOf(10, ...TONES_HZ), tonesOf(1, TONES_HZ[1])];
  return {
    spec: specAlone(stage, { key: format, model: `transcribe/${format}`, backend }),
    files: RECOGNISERS[format],
    items: sounds.map(({ buffer }) => new Uint8Array(buffer as ArrayBuffer)),
  };
}

/** Returns a variant's results for items: in one batch and, unless `onlyTogether`, one by one. */
export async function inBatchAndAlone(
  worker: StageWorker,
  { spec, files, items }: Case,
  onlyTogether = false,
) {
  await worker.load(spec, files);
  const together = await worker.run(spec.key, batchOf(items));
  const alone = [];
  for (const item of onlyTogether ? [] : items) alone.push(await worker.run(spec.key, batchOf([item])));
  await worker.release(spec.key);
  return {
    together: together.results.map(rounded),
    alone: alone.flatMap(({ results }) => results.map(rounded)),
    /** Decoder steps of the batch, and of each item alone. */
    steps: [together.steps, ...alone.map(({ steps }) => steps)] as const,
  };
}

/** Rounds the numbers of a result, because padding changes the order of sums, and so the last digits. */
const rounded = (result: object): unknown =>
  JSON.parse(JSON.stringify(result, (_, value) => (typeof value === 'number' ? +value.toFixed(3) : value)));

/** Adds the tests that a batch of short and long recordings gives each recording the answer that it gets alone. */
export function testRecordings(backend: Backend, worker: () => StageWorker): void {
  test.each(HEARD)(
    `recordings of 1 s and 10 s get from a %s model on ${backend} in one batch what each gets alone`,
    async (format, texts) => {
      const { together, alone } = await inBatchAndAlone(worker(), ofTones(format, backend));
      expect(together).toEqual(alone);
      expect(together).toMatchObject(texts.map((text) => ({ text })));
    },
  );
}
