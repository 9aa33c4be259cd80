import { describe, expect, test } from 'vitest';
import { readRules } from '../../../models/tasks/generation/rules.ts';
import { Scratch, timesOf } from '../../../models/tasks/program.ts';
import { programOf } from '../../../models/tasks/registry.ts';
import type { Fetches, KeptTensor, Session, Tensor, TensorInfo } from '../../../models/tasks/tensor.ts';
import { InvalidDocumentError } from '../../../solver/documents/document.ts';
import { json, tokenizerFiles } from '../tokenizer.ts';

/** Kept tensors that are in use; what a program leaves here, it has leaked. */
const held = new Set<FakeTensor>();

/** A kept tensor whose rows are known by numbers. */
class FakeTensor implements KeptTensor {
  constructor(
    readonly numbers: readonly number[],
    private readonly inner: readonly number[] = [1],
  ) {
    held.add(this);
  }
  get dims() {
    return [this.numbers.length, ...this.inner];
  }
  select(rows: readonly number[]) {
    this.dispose();
    return new FakeTensor(
      rows.map((i) => this.numbers[i]!),
      this.inner,
    );
  }
  dispose() {
    if (!held.delete(this)) throw new Error('disposed of twice');
  }
}

const VOCABULARY = 8;
const END = 1;
/** A token of a script at which the model fails. */
const FAILS = -1;
const info = (name: string, dims: TensorInfo['dims'] = [null, null]): TensorInfo => ({
  name,
  type: name === 'use_cache_branch' ? 'bool' : 'int64',
  dims,
});
const past = (part: string) => ({
  name: `past_key_values.0.${part}`,
  type: 'float32',
  dims: [null, 2, null, 4],
});

/** An encoder and decoders that write the texts of a script: row r of the batch writes `script[r]`, then ends. */
function models(script: readonly (readonly number[])[], merged = true, length: number | null = null) {
  const read: number[][] = [];
  const steps: { rows: number; tokens: number[][]; session: string; cached: boolean }[] = [];
  const encoder: Session = {
    inputs: [info('input_ids', [null, length]), info('attention_mask', [null, length])],
    outputs: [],
    async run(feeds, fetches) {
      expect(fetches).toEqual({ read: [], keep: ['last_hidden_state'] });
      const { data, dims } = feeds.input_ids as Tensor<'int64'>;
      const [rows, width] = dims as [number, number];
      for (let r = 0; r < rows; r++) read.push(Array.from(data.subarray(r * width, (r + 1) * width), Number));
      const states = new FakeTensor(
        Array.from({ length: rows }, (_, i) => i),
        [3, 4],
      );
      return { outputs: {}, kept: { last_hidden_state: states }, ms: 1 };
    },
  };
  const decoder = (session: string, withPast: boolean): Session => ({
    inputs: [
      info('input_ids'),
      info('encoder_attention_mask'),
      ...(withPast && !merged ? [] : [info('encoder_hidden_states')]),
      ...(merged ? [info('use_cache_branch', [1])] : []),
      ...(withPast ? [past('decoder.key'), past('encoder.key')] : []),
    ],
    outputs: [info('logits'), info('present.0.decoder.key'), info('present.0.encoder.key')],
    async run(feeds, fetches?: Fetches) {
      const ids = feeds.input_ids as Tensor<'int64'>;
      const [rows, length] = ids.dims as [number, number];
      const tokens = Array.from({ length: rows }, (_, r) =>
        Array.from(ids.data.subarray(r * length, (r + 1) * length), Number),
      );
      const own = feeds['past_key_values.0.decoder.key'];
      const cross = feeds['past_key_values.0.encoder.key'];
      const cached = own instanceof FakeTensor;
      // The number of a row of the keys is 100 · (tokens so far) + (item); that of the encoder's is the item.
      const before = cached ? own.numbers : (feeds.encoder_hidden_states as FakeTensor).numbers;
      if (cached) expect((cross as FakeTensor).numbers).toEqual(before.map((number) => number % 100));
      else if (withPast) expect(own!.dims).toEqual([rows, 2, 0, 4]);
      expect((feeds.encoder_attention_mask as Tensor).dims[0]).toBe(rows);
      const data = new Float32Array(rows * length * VOCABULARY);
      before.forEach((number, r) => {
        const next = script[number % 100]![Math.floor(number / 100)] ?? END;
        if (next === FAILS) throw new Error('made-up failure');
        data[((r + 1) * length - 1) * VOCABULARY + next] = 1;
      });
      steps.push({ rows, tokens, session, cached });
      const kept: Record<string, KeptTensor> = {};
      for (const name of fetches!.keep)
        kept[name] = new FakeTensor(
          name.includes('encoder') ? before.map((n) => n % 100) : before.map((n) => n + 100),
        );
      return {
        outputs: { logits: { type: 'float32', data, dims: [rows, length, VOCABULARY] } },
        kept,
        ms: 2,
      };
    },
  });
  const sessions: Record<string, Session> = merged
    ? { encoder, decoder: decoder('merged', true) }
    : { encoder, decoder: decoder('first', false), 'decoder-with-past': decoder('later', true) };
  return { sessions, steps, read };
}

const rulesFiles = (config: object = {}, generation: object = {}) => ({
  config: json({ decoder_start_token_id: 7, eos_token_id: END, ...config }),
  'generation-config': json(generation),
});

async function run(
  script: readonly (readonly number[])[],
  merged = true,
  beams = 1,
  { text = 'good', length = null as number | null } = {},
) {
  const stage = {
    ...{ name: 'translate', task: 'translation', variants: [] },
    ...{ input: { length: 16, prefix: '' }, tokensMax: 20, beams },
  };
  const { sessions, steps, read } = models(script, merged, length);
  const files = { ...rulesFiles(), ...tokenizerFiles() };
  const program = programOf(stage, [...Object.keys(sessions), ...Object.keys(files)])!;
  const prepared = await program.prepare!(stage, files);
  const items = script.map(() => new TextEncoder().encode(text));
  const answer = await program.run(prepared, items, sessions, new Scratch());
  return { ...answer, steps, read, times: timesOf(answer.runs) };
}

describe.each([
  ['a merged decoder', true],
  ['two decoders', false],
])('with %s', (_, merged) => {
  const script = [[4, 5, 4], [5, 4, 5, 4, 5], [5], [4, 4, 4, 5, 5]];

  test('each item gets its own text, whenever the others of its batch end', async () => {
    const { results, steps } = await run(script, merged);
    const alone = await Promise.all(script.map((one) => run([one], merged)));
    expect(results).toEqual(alone.flatMap((one) => one.results));
    expect(steps.map(({ rows }) => rows)).toEqual([4, 4, 3, 3, 2, 2]);
  });

  test('the prompt goes in first, then one token of each row, with the keys and values of before', async () => {
    const { steps } = await run(script.slice(0, 2), merged);
    expect(steps.map(({ tokens }) => tokens)).toEqual([
      [[7], [7]],
      [[4], [5]],
      [[5], [4]],
      [[4], [5]],
      [[4]],
      [[5]],
    ]);
    expect(steps.map(({ cached }) => cached)).toEqual([false, true, true, true, true, true]);
    if (!merged) expect(steps.map(({ session }) => session)).toEqual(['first', ...Array(5).fill('later')]);
  });

  test('beams follow their keys and values', async () => {
    const greedy = await run(script, merged);
    const beams = await run(script, merged, 3);
    const texts = (results: readonly object[]) => results.map((one) => (one as { text: string }).text);
    expect(texts(beams.results)).toEqual(texts(greedy.results));
  });

  test('no kept tensor is left behind, after an error neither', async () => {
    held.clear();
    await run(script, merged);
    await run(script, merged, 2);
    await expect(run([[4, 5], [FAILS]], merged)).rejects.toThrow('made-up failure');
    expect(held.size).toBe(0);
  });
});

test('a text is cut where the encoder takes fewer tokens than the stage, with its special tokens', async () => {
  const { read } = await run([[4], [4]], true, 1, { text: 'good bad good bad', length: 4 });
  expect(read).toEqual([
    [2, 4, 5, 3],
    [2, 4, 5, 3],
  ]);
});

test('encoder, first step and later steps are timed apart, and steps are counted', async () => {
  const { times } = await run([[4, 5, 4], [4]]);
  expect(times).toEqual({ inferenceMs: 9, steps: 4, runsMs: { encoder: 1, 'decoder-first': 2, decoder: 6 } });
});

describe('rules from the files of the hub', () => {
  const limits = { task: 'summarization', tokensMax: 50, beams: 1 };

  test('generation_config.json counts before config.json', () => {
    const files = rulesFiles({ eos_token_id: 2, min_length: 10 }, { eos_token_id: [3, 4], min_length: null });
    expect(readRules(files, limits)).toMatchObject({ prompt: [7], endIds: [3, 4], tokensMin: 9 });
  });

  test('what config.json says of the task counts before both, and what it says of other tasks does not count', () => {
    const task_specific_params = {
      summarization: { min_length: 30, no_repeat_ngram_size: 3, length_penalty: 2, early_stopping: true },
      translation: { min_length: 5, repetition_penalty: 2 },
    };
    const files = rulesFiles({ task_specific_params, min_length: 10 }, { length_penalty: 1.5 });
    const expected = {
      tokensMin: 29,
      noRepeat: 3,
      lengthPenalty: 2,
      earlyStopping: true,
      repetitionPenalty: 1,
    };
    expect(readRules(files, limits)).toMatchObject(expected);
  });

  test('what the files leave out has the usual value, and ids and lengths may be 0', () => {
    const none = { decoder_start_token_id: null, eos_token_id: null };
    const usual = {
      ...{ prompt: [0], endIds: [], tokensMax: 50, tokensMin: 0, forcedFirst: null, forcedLast: [] },
      ...{ banned: [], bannedFirst: [], bannedSequences: [], noRepeat: 0, repetitionPenalty: 1, beams: 1 },
      ...{ renormalised: false, lengthPenalty: 1, earlyStopping: false },
    };
    expect(readRules(rulesFiles(none), limits)).toEqual(usual);
    expect(readRules(rulesFiles({ ...none, bos_token_id: 5 }), limits).prompt).toEqual([5]);
    const zeros = { decoder_start_token_id: 0, eos_token_id: 0, min_length: 0, no_repeat_ngram_size: 0 };
    expect(readRules(rulesFiles(zeros), limits)).toEqual({ ...usual, endIds: [0] });
  });

  test('what is left of the tokens is normalised where the files ask for it, and for Marian', () => {
    const asked = rulesFiles({}, { renormalize_logits: true });
    expect(readRules(asked, limits).renormalised).toBe(true);
    expect(readRules(rulesFiles({ model_type: 'marian' }), limits).renormalised).toBe(true);
    expect(readRules(rulesFiles({ model_type: 'bart' }), limits).renormalised).toBe(false);
  });

  test('no more tokens are generated than the model has positions for', () => {
    expect(readRules(rulesFiles({ max_position_embeddings: 30 }), limits).tokensMax).toBe(29);
    expect(readRules(rulesFiles({ max_target_positions: 448 }), limits).tokensMax).toBe(50);
  });

  test('bad words of one token are forbidden, longer ones as sequences', () => {
    const rules = readRules(rulesFiles({}, { bad_words_ids: [[5], [6, 7]], suppress_tokens: [4] }), limits);
    expect(rules).toMatchObject({ banned: [4, 5], bannedSequences: [[6, 7]] });
  });

  test.each([
    ['a token that is none', { eos_token_id: -1 }],
    ['a text as a token', { decoder_start_token_id: '<s>' }],
    ['a list without end', { suppress_tokens: Array(100_001).fill(1) }],
  ])('%s is refused', (_, config) => {
    expect(() => readRules(rulesFiles(config), limits)).toThrow(InvalidDocumentError);
  });
});
