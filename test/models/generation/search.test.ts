import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BeamSearch } from '../../../models/tasks/generation/beams.ts';
import { constrain } from '../../../models/tasks/generation/constrain.ts';
import { GreedySearch } from '../../../models/tasks/generation/greedy.ts';
import type { GenerationRules } from '../../../models/tasks/generation/rules.ts';
import { logNormaliser, type Search } from '../../../models/tasks/generation/search.ts';
import { indexOfLargest } from '../../../models/tasks/tensor.ts';
import { seededRandom } from '../../../solver/math/random.ts';

const END = 0;
const VOCABULARY = 4;

const rules = (own: Partial<GenerationRules> = {}): GenerationRules => ({
  prompt: [1],
  endIds: [END],
  tokensMax: 4,
  tokensMin: 0,
  forcedFirst: null,
  forcedLast: [],
  banned: [],
  bannedFirst: [],
  bannedSequences: [],
  noRepeat: 0,
  repetitionPenalty: 1,
  renormalised: false,
  beams: 1,
  lengthPenalty: 1,
  earlyStopping: false,
  ...own,
});

/** A made-up model: the logits after these tokens of an item. */
type Model = (item: number, tokens: readonly number[]) => Float32Array;

const randomModel =
  (seed: number): Model =>
  (item, tokens) => {
    const random = seededRandom(tokens.reduce((sum, token) => sum * 7 + token + 1, seed * 1009 + item * 31));
    return Float32Array.from({ length: VOCABULARY }, () => 4 * random());
  };

/** Runs a search on a model. @returns what it generated, and the number of rows in each step */
function generate(search: Search, model: Model, items: number) {
  let rows = Array.from({ length: items }, (_, item) => ({ item, tokens: [] as number[] }));
  const sizes: number[] = [];
  for (;;) {
    sizes.push(rows.length);
    const next = search.advance(rows.map(({ item, tokens }) => model(item, tokens)));
    if (!next) return { generated: search.results(), sizes };
    rows = next.from.map((row, i) => ({
      item: rows[row]!.item,
      tokens: [...rows[row]!.tokens, next.tokens[i]!],
    }));
  }
}

const logProbabilities = (logits: Float32Array): number[] => {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return Array.from(logits, (logit) => logit - Math.log(sum));
};

/** All sequences that end, or have the most tokens, with their score. */
function* sequences(
  model: Model,
  own: GenerationRules,
  tokens: readonly number[] = [],
  before = 0,
): Generator<{ tokens: readonly number[]; score: number }> {
  const chosen = tokens.length + 1;
  for (const [token, logProbability] of logProbabilities(model(0, tokens)).entries()) {
    const whole = before + logProbability;
    const score = whole / chosen ** own.lengthPenalty;
    if (token === END) yield { tokens, score };
    else if (chosen === own.tokensMax) yield { tokens: [...tokens, token], score };
    else yield* sequences(model, own, [...tokens, token], whole);
  }
}

describe('beams', () => {
  test('that are as many as there are sequences find the best one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.constantFrom(0, 0.5, 1, 2),
        fc.integer({ min: 1, max: 4 }),
        (seed, lengthPenalty, tokensMax) => {
          const own = rules({ beams: VOCABULARY ** 4, lengthPenalty, tokensMax });
          const model = randomModel(seed);
          const best = [...sequences(model, own)].reduce((a, b) => (b.score > a.score ? b : a));
          const { generated } = generate(new BeamSearch(1, own), model, 1);
          expect(generated[0]!.tokens).toEqual(best.tokens);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('of one are greedy', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 5 }), (seed, items) => {
        const model = randomModel(seed);
        const [greedy, beam] = [new GreedySearch(items, rules()), new BeamSearch(items, rules())].map(
          (search) => generate(search, model, items),
        );
        expect(beam!.generated.map(({ tokens }) => tokens)).toEqual(
          greedy!.generated.map(({ tokens }) => tokens),
        );
        expect(beam!.sizes).toEqual(greedy!.sizes);
        for (const [i, { score }] of greedy!.generated.entries())
          expect(score).toBeCloseTo(beam!.generated[i]!.score, 5);
      }),
    );
  });
});

test.each([
  ['makes no other token of its beam likelier', false, [3]],
  ['makes the others likelier where the model asks for that, as Marian does', true, [2]],
])('a forbidden token %s', (_, renormalised, expected) => {
  const logOf = (...chances: number[]) => Float32Array.from(chances, Math.log);
  const model: Model = (_, [token]) => {
    if (token === undefined) return logOf(0, 0, 0.6, 0.4);
    return token === 2 ? logOf(0.1, 0.9, 0, 0) : logOf(1, 0, 0, 0);
  };
  const own = rules({ beams: 2, tokensMax: 2, banned: [1], renormalised });
  const [best] = generate(new BeamSearch(1, own), model, 1).generated;
  expect(best!.tokens).toEqual(expected);
});

describe.each<[string, (items: number) => Search]>([
  ['greedy', (items) => new GreedySearch(items, rules({ tokensMax: 6 }))],
  ['beams', (items) => new BeamSearch(items, rules({ tokensMax: 6, beams: 3 }))],
])('%s', (_, searchFor) => {
  test('items of a batch get what each gets alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 6 }), (seed, items) => {
        const model = randomModel(seed);
        const { generated } = generate(searchFor(items), model, items);
        generated.forEach((one, item) => {
          const alone = generate(searchFor(1), (_, tokens) => model(item, tokens), 1);
          expect(one).toEqual(alone.generated[0]);
        });
      }),
    );
  });
});

test('rows that have ended leave the batch, so it takes as many steps as the longest', () => {
  /** Item i ends after 3 or 5 tokens. */
  const model: Model = (item, tokens) => {
    const logits = new Float32Array(VOCABULARY);
    logits[tokens.length === (item % 2 ? 5 : 3) ? END : 2] = 1;
    return logits;
  };
  const { sizes } = generate(new GreedySearch(8, rules({ tokensMax: 100 })), model, 8);
  expect(sizes).toEqual([8, 8, 8, 8, 4, 4]);
});

test('the score is the geometric mean of the probabilities, the end included', () => {
  const half = Math.log(0.5);
  const model: Model = (_, tokens) =>
    Float32Array.from(tokens.length === 1 ? [half, half, -50, -50] : [-50, -50, 0, -50]);
  const [one] = generate(new GreedySearch(1, rules()), model, 1).generated;
  expect(one!.tokens).toEqual([2]);
  expect(one!.score).toBeCloseTo(Math.sqrt(0.5), 6);
});

describe('rules', () => {
  /** The tokens that the rules still allow after `tokens`. */
  const left = (tokens: readonly number[], own: Partial<GenerationRules>): number[] => {
    const logits = new Float32Array(6);
    constrain(logits, tokens, rules(own));
    return [...logits.entries()].flatMap(([id, logit]) => (logit === Number.NEGATIVE_INFINITY ? [] : id));
  };

  test.each<[string, readonly number[], Partial<GenerationRules>, readonly number[]]>([
    ['forbid a token always', [3], { banned: [2, 4] }, [0, 1, 3, 5]],
    ['forbid a token first', [], { bannedFirst: [5] }, [0, 1, 2, 3, 4]],
    ['allow that token later', [3], { bannedFirst: [5] }, [0, 1, 2, 3, 4, 5]],
    ['force the first token', [], { forcedFirst: 4 }, [4]],
    ['force no later token', [4], { forcedFirst: 4 }, [0, 1, 2, 3, 4, 5]],
    ['force the last token', [3, 3, 3], { forcedLast: [0, 2] }, [0, 2]],
    [
      'force the last token rather than the first',
      [],
      { forcedFirst: 4, forcedLast: [0], tokensMax: 1 },
      [0],
    ],
    ['force none before the last', [3, 3], { forcedLast: [0] }, [0, 1, 2, 3, 4, 5]],
    ['forbid the end before the fewest tokens', [3], { tokensMin: 2 }, [1, 2, 3, 4, 5]],
    ['allow the end then', [3, 3], { tokensMin: 2 }, [0, 1, 2, 3, 4, 5]],
    ['forbid a sequence', [3, 4], { bannedSequences: [[3, 4, 5]] }, [0, 1, 2, 3, 4]],
    ['count the prompt in sequences', [2], { bannedSequences: [[1, 2, 5]] }, [0, 1, 2, 3, 4]],
    ['forbid repeats', [3, 4, 5, 3], { noRepeat: 2 }, [0, 1, 2, 3, 5]],
  ])('%s', (_, tokens, own, expected) => {
    expect(left(tokens, own)).toEqual(expected);
  });

  test('force the first token also if it is the last one', () => {
    expect(left([], { forcedFirst: 4, tokensMax: 1 })).toEqual([4]);
  });

  test('make a forced token certain', () => {
    const logits = Float32Array.of(3, 2, 1);
    constrain(logits, [], rules({ forcedFirst: 1 }));
    expect(logits[1]).toBe(0);
  });

  test('forbid exactly the tokens that repeat a sequence of some length, or complete a forbidden one', () => {
    const token = fc.integer({ min: 0, max: 2 });
    const sequences = fc.array(fc.array(token, { minLength: 2, maxLength: 3 }), { maxLength: 3 });
    const endsIn = (tokens: readonly number[], end: readonly number[]) =>
      tokens.length >= end.length && tokens.slice(tokens.length - end.length).join() === end.join();
    fc.assert(
      fc.property(
        fc.array(token, { maxLength: 8 }),
        fc.integer({ min: 0, max: 4 }),
        sequences,
        (tokens, noRepeat, bannedSequences) => {
          const before = [1, ...tokens];
          const starts = Array.from({ length: before.length + 1 }, (_, end) => before.slice(0, end));
          const expected = [0, 1, 2, 3, 4, 5].filter((next) => {
            const all = [...before, next];
            const last = all.slice(-noRepeat);
            const repeats =
              noRepeat > 0 && last.length === noRepeat && starts.some((own) => endsIn(own, last));
            return !repeats && !bannedSequences.some((own) => endsIn(all, own));
          });
          expect(left(tokens, { tokensMax: 20, noRepeat, bannedSequences })).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('make tokens that came before less likely', () => {
    const logits = Float32Array.of(1, 1, -1, -1);
    constrain(logits, [2], rules({ repetitionPenalty: 2 }));
    expect([...logits]).toEqual([1, 0.5, -2, -1]);
  });

  test('that forbid every token end in a text, not an error', () => {
    const none = rules({ banned: [0, 1, 2, 3], beams: 2 });
    const model: Model = () => new Float32Array(VOCABULARY);
    expect(generate(new BeamSearch(1, none), model, 1).generated[0]).toEqual({ tokens: [], score: 0 });
  });
});

describe('the normaliser of log-probabilities', () => {
  test('is the logarithm of the sum of exponentials, whatever the logits', () => {
    const logit = fc.oneof(
      fc.double({ min: -80, max: 80, noNaN: true }),
      fc.constant(Number.NEGATIVE_INFINITY),
    );
    fc.assert(
      fc.property(fc.array(logit, { minLength: 1, maxLength: 300 }), (values) => {
        const logits = Float32Array.from([...values, 0]);
        const most = logits[indexOfLargest(logits)]!;
        const sum = logits.reduce((total, one) => total + Math.exp(one - most), 0);
        expect(Math.abs(logNormaliser(logits, most) - (most + Math.log(sum)))).toBeLessThan(1e-8);
      }),
    );
  });

  test('is 0 if every token is forbidden', () => {
    expect(logNormaliser(new Float32Array(3).fill(Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY)).toBe(
      0,
    );
  });
});
