import { expect, test } from 'vitest';
import type { Item } from '../../../models/items/item-batch.ts';
import { readWhisperPrompt } from '../../../models/tasks/automatic-speech-recognition/whisper-prompt.ts';
import { Scratch, timesOf } from '../../../models/tasks/program.ts';
import { programOf } from '../../../models/tasks/registry.ts';
import type { Feeds, KeptTensor, Session, Tensor, TensorInfo } from '../../../models/tasks/tensor.ts';
import { InvalidDocumentError } from '../../../solver/documents/document.ts';
import { transcribe } from '../stages.ts';
import { json, tokenizerFiles } from '../tokenizer.ts';

const recording = (samples: ArrayLike<number>): Item => new Uint8Array(Float32Array.from(samples).buffer);

const [END, GOOD, BAD, LANGUAGE, TRANSCRIBE, NO_TIMES, START] = [3, 4, 5, 7, 8, 9, 10];
const VOCABULARY = 11;

const WHISPER = {
  ...{ feature_extractor_type: 'WhisperFeatureExtractor', sampling_rate: 16000, feature_size: 80 },
  ...{ n_fft: 400, hop_length: 160, n_samples: 32_000, nb_max_frames: 200 },
};
const MOONSHINE = { feature_extractor_type: 'MoonshineFeatureExtractor', sampling_rate: 16000 };
const MULTILINGUAL = {
  is_multilingual: true,
  lang_to_id: { '<|en|>': LANGUAGE, '<|fr|>': 6 },
  task_to_id: { transcribe: TRANSCRIBE, translate: 6 },
  no_timestamps_token_id: NO_TIMES,
};

/** A kept tensor of one number for each row. */
const keptOf = (numbers: readonly number[]): KeptTensor & { numbers: readonly number[] } => ({
  numbers,
  dims: [numbers.length, 1],
  select: (rows) => keptOf(rows.map((i) => numbers[i]!)),
  dispose() {},
});

const info = (name: string, type = 'float32'): TensorInfo => ({ name, type, dims: [null, null, null, null] });

/** Makes an encoder and a decoder that write "good" if a recording begins at or above zero, otherwise "bad", and then `later`. */
function models(input: string, later: number, masks: readonly string[]) {
  const fed: Feeds[] = [];
  const prompts: number[][] = [];
  const heard: (readonly number[])[] = [];
  const positions: number[][] = [];
  const encoder: Session = {
    inputs: [info(input), ...masks.map((name) => info(name, 'int64'))],
    outputs: [info('last_hidden_state')],
    async run(feeds) {
      const { dims, data } = feeds[input] as Tensor<'float32'>;
      fed.push(feeds);
      const first = Array.from({ length: dims[0]! }, (_, row) => data[(row * data.length) / dims[0]!]!);
      return {
        outputs: {},
        kept: { last_hidden_state: keptOf(first.map((at) => (at < 0 ? BAD : GOOD))) },
        ms: 1,
      };
    },
  };
  const decoder: Session = {
    inputs: [
      info('input_ids', 'int64'),
      info('encoder_hidden_states'),
      info('use_cache_branch', 'bool'),
      info('past_key_values.0.decoder.key'),
      info('cache_position', 'int64'),
      ...masks.map((name) => info(`encoder_${name}`, 'int64')),
    ],
    outputs: [info('logits'), info('present.0.decoder.key')],
    async run(feeds) {
      const { dims, data } = feeds.input_ids as Tensor<'int64'>;
      const [rows, length] = dims as [number, number];
      const states = (feeds.encoder_hidden_states as ReturnType<typeof keptOf>).numbers;
      const first = length > 1 || Number(data[0]) === START;
      positions.push(Array.from((feeds.cache_position as Tensor<'int64'>).data, Number));
      for (const name of masks) heard.push(feeds[`encoder_${name}`]!.dims);
      if (first) prompts.push(Array.from(data.subarray(0, length), Number));
      const logits = new Float32Array(rows * length * VOCABULARY);
      states.forEach((word, row) => {
        logits[((row + 1) * length - 1) * VOCABULARY + (first ? word : later)] = 1;
      });
      return {
        outputs: { logits: { type: 'float32', data: logits, dims: [rows, length, VOCABULARY] } },
        kept: { 'present.0.decoder.key': keptOf(states) },
        ms: 1,
      };
    },
  };
  return { sessions: { encoder, decoder }, fed, prompts, heard, positions };
}

async function answer(
  items: readonly Item[],
  config: object,
  generation: object,
  input: string,
  { later = END, language = 'en', masks = [] as readonly string[] } = {},
) {
  const assets = {
    ...tokenizerFiles(),
    'preprocessor-config': json(config),
    config: json({ decoder_start_token_id: START, eos_token_id: END }),
    'generation-config': json(generation),
  };
  const { sessions, ...seen } = models(input, later, masks);
  const program = programOf(transcribe, [...Object.keys(sessions), ...Object.keys(assets)])!;
  const spoken = { ...transcribe, language };
  const stage = await program.prepare!(spoken, assets);
  const { results, runs } = await program.run(stage, items, sessions, new Scratch());
  return { texts: results.map((result) => (result as { text?: string }).text), runs, ...seen };
}

test('Whisper hears recordings of any length in one batch', async () => {
  const items = [recording(new Float32Array(900)), recording([0.5]), recording(new Float32Array(32_000))];
  const { texts, fed, runs } = await answer(items, WHISPER, MULTILINGUAL, 'input_features');
  expect(fed.map(({ input_features }) => input_features!.dims)).toEqual([[3, 80, 200]]);
  expect(texts).toEqual(['bad', 'good', 'bad']);
  expect(timesOf(runs)).toEqual({
    inferenceMs: 3,
    steps: 2,
    runsMs: { encoder: 1, 'decoder-first': 1, decoder: 1 },
  });
});

test('Moonshine hears recordings of one length together and others apart', async () => {
  const [short, long] = [1600, 2000].map((length) => new Float32Array(length));
  const items = [short!.map(() => -1), long!, short!].map(recording);
  const { texts, fed, prompts } = await answer(items, MOONSHINE, {}, 'input_values');
  expect(fed.map(({ input_values }) => input_values!.dims)).toEqual([
    [2, 1600],
    [1, 2000],
  ]);
  expect(texts).toEqual(['bad', 'good', 'good']);
  expect(prompts).toEqual([[START], [START]]);
});

test('Moonshine as newer exporters write it is told that every sample was recorded', async () => {
  const items = [recording(new Float32Array(1600))];
  const { fed, heard } = await answer(items, MOONSHINE, {}, 'input_values', { masks: ['attention_mask'] });
  const { dims, data } = fed[0]!.attention_mask as Tensor<'int64'>;
  expect([dims, data.every((one) => one === 1n)]).toEqual([[1, 1600], true]);
  expect(heard).toEqual([[1, 1600]]);
});

test.each([
  ['en', 7],
  ['ja', 13],
])('Moonshine writes no more tokens than are spoken in a second of %s: %i', async (language, steps) => {
  const endless = { later: GOOD, language };
  const { runs } = await answer(
    [recording(new Float32Array(16_000))],
    MOONSHINE,
    {},
    'input_values',
    endless,
  );
  expect(timesOf(runs).steps).toBe(steps);
});

test('Whisper may write as many tokens as the stage allows, however short the recording', async () => {
  const items = [recording(new Float32Array(1600))];
  const { runs } = await answer(items, WHISPER, MULTILINGUAL, 'input_features', { later: GOOD });
  expect(timesOf(runs).steps).toBe(transcribe.tokensMax);
});

test('the prompt tells a multilingual Whisper the language, and every Whisper to give no timestamps', async () => {
  const items = [recording(new Float32Array(1600))];
  const { prompts } = await answer(items, WHISPER, MULTILINGUAL, 'input_features');
  expect(prompts).toEqual([[START, LANGUAGE, TRANSCRIBE, NO_TIMES]]);
  expect(readWhisperPrompt('fr', json(MULTILINGUAL))).toEqual([6, TRANSCRIBE, NO_TIMES]);
  expect(readWhisperPrompt('fr', json({ is_multilingual: false, no_timestamps_token_id: 9 }))).toEqual([9]);
  expect(readWhisperPrompt('fr', json({}))).toEqual([]);
  expect(() => readWhisperPrompt('de', json(MULTILINGUAL))).toThrow(InvalidDocumentError);
  expect(() => readWhisperPrompt('de', json(MULTILINGUAL))).toThrow(/lang_to_id: expected "<\|de\|>"/);
});

test('a decoder that asks for the positions of its tokens gets them', async () => {
  const items = [recording(new Float32Array(1600))];
  const { positions } = await answer(items, WHISPER, MULTILINGUAL, 'input_features');
  expect(positions).toEqual([[0, 1, 2, 3], [4]]);
});

test('a Whisper that hears less than the longest recording is refused', async () => {
  const short = { ...WHISPER, n_samples: 16_000 };
  await expect(answer([], short, MULTILINGUAL, 'input_features')).rejects.toThrow(
    /n_samples: expected at least 32000, the longest recording of stage "transcribe"/,
  );
});
