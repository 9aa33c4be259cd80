import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AmbiguousTaskError, UnusableConfigError } from '../../../models/hub/errors.ts';
import type { HubInput } from '../../../models/hub/preprocessing.ts';
import { parseRepository } from '../../../models/hub/repository.ts';
import { hubStage } from '../../../models/hub/stage.ts';
import { InputError } from '../../../solver/documents/coded-error.ts';
import {
  ANSWERER,
  apiAnswer,
  BART,
  labels,
  MARIAN,
  modelOf,
  RESNET,
  SENTIMENT,
  T5,
  TAGGER,
  TIMM,
  WAV2VEC2,
  WHISPER,
} from './models.ts';
import { stageOf } from './stage-of.ts';

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

  test.each([
    ['the model alone states a limit', null, 1024, 1024],
    ['the tokenizer alone states a limit', 1024, null, 1024],
    ['neither states one', null, null, 512],
    ['the tokenizer writes that it knows none', 1e30, null, 512],
    ['both allow more than a stage does', 32_768, 16_384, 8192],
  ])('a text has as many tokens as are read where %s', (_, model_max_length, positions, length) => {
    const config = { ...SENTIMENT.config, max_position_embeddings: positions };
    const stage = stageOf({ config, tokenizer: { model_max_length } });
    expect(stage.input).toEqual({ encoding: 'tokens', length });
    const t5 = { ...SENTIMENT.config, max_position_embeddings: null, n_positions: positions };
    expect(stageOf({ config: t5, tokenizer: { model_max_length } }).input).toEqual(stage.input);
  });

  test('of the positions of RoBERTa, those before the first token are not read', () => {
    expect(stageOf({ ...ANSWERER, tokenizer: { model_max_length: 1e30 } }).input).toMatchObject({
      length: 512,
    });
  });

  test('a text classifier without a tokenizer, or of several classes at once, is refused', () => {
    expect(() => stageOf({ config: SENTIMENT.config })).toThrow(/owner\/model has no tokenizer\.json/);
    const config = { ...SENTIMENT.config, problem_type: 'multi_label_classification' };
    expect(() => stageOf({ ...SENTIMENT, config })).toThrow(UnusableConfigError);
  });

  test('a classifier of several classes at once is refused for pictures, too, and so is a model that gives numbers', () => {
    const changed = (model: typeof SENTIMENT | typeof RESNET, config: object) => () =>
      stageOf({ ...model, config: { ...model.config, ...config } });
    const several = { problem_type: 'multi_label_classification' };
    expect(changed(RESNET, several)).toThrow(/gives an item several classes at once, where one is expected/);
    const numbers = /gives numbers, such as ratings, where a class is expected/;
    expect(changed(SENTIMENT, { problem_type: 'regression' })).toThrow(numbers);
    expect(changed(SENTIMENT, { id2label: { 0: 'LABEL_0' } })).toThrow(numbers);
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
      input: { length: 1024, prefix: ' ' },
      tokensMax: 61,
      beams: 4,
    });
    const { generation: _, ...without } = BART;
    const config = { ...BART.config, task_specific_params: null, max_length: null };
    expect(stageOf({ ...without, config })).toMatchObject({ tokensMax: 128, beams: 1 });
  });

  test('T5 needs the user to say its task, and knows what stands before a text to summarize', () => {
    expect(() => stageOf(T5)).toThrow(AmbiguousTaskError);
    expect(() => stageOf(T5)).toThrow(
      /is for translation or summarization\. Give --task translation or summarization/,
    );
    expect(stageOf(T5, { task: 'summarization' })).toMatchObject({
      task: 'summarization',
      input: { length: 512, prefix: 'summarize: ' },
      tokensMax: 199,
      beams: 4,
    });
    expect(stageOf(T5, { task: 'translation' })).toMatchObject({ input: { prefix: '' } });
    expect(() => stageOf(MARIAN, { task: 'summarization' })).toThrow(
      /is for translation\. Give --task translation/,
    );
  });

  test('a prefix is refused for a task that puts none before texts', () => {
    expect(() => hubStage(modelOf('owner/model', SENTIMENT), undefined, 'x: ')).toThrow(
      /owner\/model is a model for text-classification, .* Leave the prefix out/,
    );
    const { stage } = hubStage(modelOf('owner/model', T5), 'translation', 'to English: ');
    expect(stage).toMatchObject({ input: { prefix: 'to English: ' } });
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
