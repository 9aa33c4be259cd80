import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConfig, parsePreprocessor } from '../../../models/hub/config.ts';
import {
  AmbiguousTaskError,
  UnsupportedArchitectureError,
  UnusableConfigError,
} from '../../../models/hub/errors.ts';
import { type HubInput, imageInputOf } from '../../../models/hub/preprocessing.ts';
import { apiAddress, fileAddress, hubReference, parseRepository } from '../../../models/hub/repository.ts';
import { hubStage } from '../../../models/hub/stage.ts';
import { InputError } from '../../../solver/documents/coded-error.ts';
import {
  ANSWERER,
  apiAnswer,
  BART,
  DETR,
  labels,
  MARIAN,
  modelOf,
  RESNET,
  RT_DETR,
  SENTIMENT,
  T5,
  TAGGER,
  TIMM,
  VIT,
  WAV2VEC2,
  WHISPER,
  YOLOS,
} from './models.ts';

const stageOf = (
  given: { config: unknown; preprocessor?: unknown; tokenizer?: unknown; generation?: unknown },
  { repositoryTask = null, task }: { repositoryTask?: string | null; task?: string | undefined } = {},
): Record<string, unknown> => {
  const {
    stage: { name: _, variants: __, ...stage },
  } = hubStage(modelOf('owner/model', given, repositoryTask), task);
  return stage;
};

/** How an image model of the hub takes images. */
const inputOf = (...args: Parameters<typeof stageOf>) => stageOf(...args).input as HubInput;

describe('the stage of a hub model', () => {
  test('a text classifier: tokens of its tokenizer, as many as both the tokenizer and the model allow', () => {
    expect(stageOf(SENTIMENT)).toMatchObject({
      task: 'text-classification',
      input: { encoding: 'tokens', length: 512 },
      classes: ['NEGATIVE', 'POSITIVE'],
    });
    const tokenizer = { model_max_length: 1e30 };
    expect(stageOf({ ...SENTIMENT, tokenizer }).input).toEqual({ encoding: 'tokens', length: 512 });
    const short = { ...SENTIMENT.config, max_position_embeddings: 128 };
    expect(stageOf({ ...SENTIMENT, config: short }).input).toEqual({ encoding: 'tokens', length: 128 });
  });

  test('a text classifier without a tokenizer, or of several classes at once, is refused', () => {
    expect(() => stageOf({ config: SENTIMENT.config })).toThrow(/owner\/model has no tokenizer\.json/);
    const config = { ...SENTIMENT.config, problem_type: 'multi_label_classification' };
    expect(() => stageOf({ ...SENTIMENT, config })).toThrow(UnusableConfigError);
  });

  test('a translator: its limit of tokens without the one that starts the decoder, and its beams', () => {
    expect(stageOf(MARIAN)).toEqual({
      task: 'translation',
      input: { length: 512, prefix: '' },
      tokensMax: 511,
      beams: 6,
    });
  });

  test('a summarizer: what the repository says of the task counts before the rest', () => {
    expect(stageOf(BART)).toEqual({
      task: 'summarization',
      input: { length: 1024, prefix: '' },
      tokensMax: 61,
      beams: 4,
    });
    const { generation: _, ...without } = BART;
    const config = { ...BART.config, task_specific_params: null, max_length: null };
    expect(stageOf({ ...without, config })).toMatchObject({ tokensMax: 128, beams: 1 });
  });

  test('T5 needs the user to say its task, and knows what stands before a text to summarize', () => {
    expect(() => stageOf(T5)).toThrow(AmbiguousTaskError);
    expect(() => stageOf(T5)).toThrow(/is for translation or summarization\. Say which \(--task\)/);
    expect(stageOf(T5, { task: 'summarization' })).toMatchObject({
      task: 'summarization',
      input: { length: 512, prefix: 'summarize: ' },
      tokensMax: 199,
      beams: 4,
    });
    expect(stageOf(T5, { task: 'translation' })).toMatchObject({ input: { prefix: '' } });
    expect(() => stageOf(MARIAN, { task: 'summarization' })).toThrow(/is for translation\. Say which/);
  });

  test('a model that answers questions: windows of as many tokens as it takes', () => {
    expect(stageOf(ANSWERER)).toEqual({
      task: 'question-answering',
      input: { length: 512, stride: 128 },
      unanswerable: false,
    });
    const { stage } = hubStage(modelOf('someone/roberta-base-squad2-ONNX', ANSWERER));
    expect(stage).toMatchObject({ unanswerable: true });
  });

  test('a model that finds entities: windows, and the classes of tokens', () => {
    expect(stageOf(TAGGER)).toEqual({
      task: 'token-classification',
      input: { length: 512, stride: 128 },
      classes: ['O', 'B-PER', 'I-PER'],
    });
  });

  test('a speech recognizer: the rate and the longest recording of its features', () => {
    expect(stageOf(WHISPER)).toEqual({
      task: 'automatic-speech-recognition',
      input: { sampleRateHz: 16_000, secondsMax: 30 },
      language: 'en',
      tokensMax: 447,
      beams: 1,
    });
    expect(stageOf(WAV2VEC2)).toMatchObject({ input: { sampleRateHz: 16_000, secondsMax: 30 } });
  });

  test('a classifier: classes, a square of the shorter side, ImageNet normalisation', () => {
    const stage = stageOf(RESNET);
    expect(stage).toMatchObject({
      task: 'image-classification',
      input: {
        channels: 3,
        height: 224,
        width: 224,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
      },
    });
    expect((stage.classes as string[])[999]).toBe('label 999');
  });

  test('height and width that differ', () => {
    expect(stageOf(VIT).input).toMatchObject({ height: 224, width: 192, mean: [0.5, 0.5, 0.5] });
  });

  test('a classifier of timm, by the task that its repository names', () => {
    expect(stageOf(TIMM, { repositoryTask: 'image-classification' })).toMatchObject({
      task: 'image-classification',
      classes: ['one', 'two', 'three'],
      input: {
        channels: 3,
        height: 256,
        width: 256,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
      },
    });
  });

  test('a detector whose configuration names its type alone', () => {
    const config = { ...RT_DETR.config, architectures: null };
    expect(stageOf({ ...RT_DETR, config })).toMatchObject({ output: { format: 'rt-detr' } });
    expect(() => stageOf({ ...RT_DETR, config }, { repositoryTask: 'image-segmentation' })).toThrow(
      UnsupportedArchitectureError,
    );
  });

  test.each([
    ['DETR', DETR, 'detr', 800, [0.485, 0.456, 0.406]],
    ['YOLOS', YOLOS, 'detr', 512, [0.485, 0.456, 0.406]],
    ['RT-DETR', RT_DETR, 'rt-detr', 640, [0]],
  ] as const)('a detector of the family %s', (_, model, format, side, mean) => {
    expect(stageOf(model)).toMatchObject({
      task: 'object-detection',
      output: { format, threshold: 0.5 },
      input: { height: side, width: side, mean },
    });
  });

  test.each([
    [
      'another architecture',
      { ...RESNET.config, architectures: ['BertForMaskedLM'] },
      /BertForMaskedLM.*DETR, YOLOS or RT-DETR/,
    ],
    [
      'a segmenter of a detector’s type',
      { ...DETR.config, architectures: ['DetrForSegmentation'] },
      /DetrForSegmentation/,
    ],
    [
      'a detector of another family',
      { ...DETR.config, model_type: 'deformable_detr' },
      /DetrForObjectDetection/,
    ],
    ['a type that is a property of every object', { model_type: 'constructor' }, /constructor/],
  ])('%s is refused by name, with what is supported', (_, config, says) => {
    const asking = () => stageOf({ config, preprocessor: RESNET.preprocessor });
    expect(asking).toThrow(UnsupportedArchitectureError);
    expect(asking).toThrow(says);
  });

  test.each([
    ['a class without a number', { id2label: { 0: 'a', 2: 'c' } }, {}, /2 classes .* none with number 1/],
    ['no classes', { id2label: null }, {}, /names no classes/],
    ['four channels', { num_channels: 4 }, {}, /4 channels/],
    ['blue before red', {}, { do_flip_channel_order: true }, /blue before red/],
    ['no size', {}, { size: null }, /states no size/],
    ['a normalisation without its numbers', {}, { image_std: null }, /no image_mean and image_std/],
  ])('%s is refused', (_, config, preprocessor, says) => {
    const asking = () =>
      stageOf({
        config: { ...RESNET.config, ...config },
        preprocessor: { ...RESNET.preprocessor, ...preprocessor },
      });
    expect(asking).toThrow(UnusableConfigError);
    expect(asking).toThrow(says);
  });

  test('a classifier without any word on its images is refused', () => {
    expect(() => stageOf({ config: RESNET.config })).toThrow(/no preprocessor_config.json/);
  });
});

test('mean and std give what the preprocessor gives, for each pixel', () => {
  const channel = fc.double({ min: 0.01, max: 2, noNaN: true });
  fc.assert(
    fc.property(
      channel,
      channel,
      fc.option(fc.double({ min: 1e-3, max: 1, noNaN: true }), { nil: undefined }),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 0, max: 255 }),
      (mean, std, factor, rescaled, normalised, centred, pixel) => {
        const {
          mean: [m],
          std: [s],
        } = imageInputOf(
          parseConfig({}, 'c'),
          parsePreprocessor(
            {
              ...{ size: 8, image_mean: [mean], image_std: [std], rescale_factor: factor },
              ...{ do_rescale: rescaled, do_normalize: normalised, rescale_offset: centred },
            },
            'p',
          ),
          'owner/model',
        );
        const scaled = pixel * (rescaled ? (factor ?? 1 / 255) : 1) - (centred ? 1 : 0);
        const expected = normalised ? (scaled - mean) / std : scaled;
        expect((pixel / 255 - m!) / s!).toBeCloseTo(expected, 6);
      },
    ),
  );
});

test('EfficientNet divides by the standard deviation twice', () => {
  const efficient = { ...RESNET.preprocessor, image_processor_type: 'EfficientNetImageProcessor' };
  const stdOf = (preprocessor: object) => inputOf({ config: RESNET.config, preprocessor }).std[0];
  expect(stdOf(efficient)).toBeCloseTo(0.229 ** 2, 10);
  expect(stdOf({ ...efficient, include_top: false })).toBe(0.229);
});

describe('a repository', () => {
  test('ids and revisions', () => {
    expect(hubReference('Xenova/resnet-18')).toEqual({ id: 'Xenova/resnet-18', revision: 'main' });
    expect(hubReference('gpt2@refs/pr/1')).toEqual({ id: 'gpt2', revision: 'refs/pr/1' });
    for (const wrong of ['', 'a/b/c', '../x', 'a/..', 'a b', 'a/b@', 'https://huggingface.co/a/b'])
      expect(() => hubReference(wrong)).toThrow(/is not a model's id: give owner\/name/);
  });

  test('addresses quote what a path may hold', () => {
    const reference = { id: 'a/b', revision: 'refs/pr/1' };
    expect(apiAddress('https://hub', reference)).toBe(
      'https://hub/api/models/a/b/revision/refs%2Fpr%2F1?blobs=true',
    );
    expect(fileAddress('https://hub', reference, 'onnx/m #1.onnx')).toBe(
      'https://hub/a/b/resolve/refs%2Fpr%2F1/onnx/m%20%231.onnx',
    );
  });

  test('commit, licence, sizes and sums come from the API', () => {
    const repository = parseRepository(
      apiAnswer('a/b', { 'onnx/model.onnx': 70, 'config.json': 5 }),
      'the API',
    );
    expect(repository).toEqual({
      id: 'a/b',
      revision: 'c'.repeat(40),
      licence: 'apache-2.0',
      task: null,
      files: [
        { path: 'onnx/model.onnx', sizeBytes: 70, sha256: 'd'.repeat(64) },
        { path: 'config.json', sizeBytes: 5, sha256: null },
      ],
    });
  });

  test.each([
    [['mit', 'other'], 'mit, other'],
    [undefined, null],
    [7, null],
  ])('a licence of %s is told as %s', (license, licence) => {
    expect(parseRepository(apiAnswer('a/b', {}, { cardData: { license } }), 'x').licence).toBe(licence);
  });
});

/** A JSON value, or a document with some of its values replaced by others. */
const spoiled = (document: object) =>
  fc.oneof(
    fc.jsonValue(),
    fc
      .tuple(fc.constantFrom(...Object.keys(document)), fc.jsonValue())
      .map(([field, value]) => ({ ...document, [field]: value })),
    fc.constant(
      JSON.parse(`{"__proto__": {"id2label": {"0": 1}}, "id2label": {"__proto__": "x", "0": "y"}}`),
    ),
  );

test('fuzzed configurations and API answers give a stage or an error that says what is wrong', () => {
  const answer = apiAnswer('a/b', { 'onnx/model.onnx': 70 });
  fc.assert(
    fc.property(
      spoiled({
        ...RESNET.config,
        id2label: labels(3),
        ...TIMM.config,
        architectures: RESNET.config.architectures,
      }),
      spoiled({ ...RESNET.preprocessor, crop_size: 3, do_center_crop: true, rescale_factor: 1 }),
      spoiled(answer),
      fc.constantFrom(undefined, 'image-classification', 'translation'),
      (config, preprocessor, api, task) => {
        for (const attempt of [
          () => {
            const stage = stageOf({ config, preprocessor, generation: config }, { task });
            const { input, classes } = stage as { input: HubInput; classes: string[] };
            if (!classes) return;
            const { mean, std } = input;
            expect([...mean, ...std].every(Number.isFinite)).toBe(true);
            expect(classes.every((label) => label.length > 0 && label.length <= 100)).toBe(true);
          },
          () => parseRepository(api, 'the API'),
        ])
          try {
            attempt();
          } catch (error) {
            if (!(error instanceof InputError)) throw error;
            expect(error.message.length).toBeLessThan(2000);
          }
      },
    ),
    { numRuns: 1000 },
  );
});
