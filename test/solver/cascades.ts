import type { LabelledAnswers } from '../../solver/documents/answers.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { seededRandom } from '../../solver/math/random.ts';
import { cascadesOf } from '../../solver/plan/cascades.ts';
import { cell, profile, runs } from './profiles.ts';

/** A light and a heavy variant's answers to one item: the light one's confidence, and whether each is right. */
export type Pair = readonly [confidence: number, light: boolean, heavy: boolean];

const answersOf = (pairs: readonly Pair[], of: 'light' | 'heavy'): LabelledAnswers =>
  pairs.map(([confidence, light, heavy]) =>
    of === 'light' ? [confidence, light ? 2 : 0, 2] : [0.9, heavy ? 2 : 0, 2],
  );

const rightShare = (answers: LabelledAnswers): number =>
  answers.reduce((sum, [, earned, possible]) => sum + earned / possible, 0) / answers.length;

/** The items of `classify` in each request. */
export const PER_REQUEST = 4;

/**
 * Makes the pipeline of `profiles.ts` with one variant of `detect`, whose four objects for each request are the labelled items.
 * `classify` has a fast variant s, which is right and sure as the pairs say, and a slow variant l.
 */
export function cascadeProfile(pairs: readonly Pair[], times = { light: 2, heavy: 20 }): Profile {
  const requests = pairs.length / PER_REQUEST;
  const counts = Array.from({ length: requests }, () => PER_REQUEST);
  const [light, heavy] = [answersOf(pairs, 'light'), answersOf(pairs, 'heavy')];
  const scoresOf = (answers: LabelledAnswers) =>
    counts.map((_, r) => {
      const own = answers.slice(PER_REQUEST * r, PER_REQUEST * (r + 1));
      return [own.reduce((sum, [, earned]) => sum + earned, 0), 2 * PER_REQUEST] as [number, number];
    });
  const measured = (answers: LabelledAnswers) => ({ value: rightShare(answers), n: answers.length });
  const variant = (name: string, answers: LabelledAnswers) => ({
    name,
    sha256: (name === 's' ? 'b' : 'c').repeat(64),
    sizeBytes: 1_000_000,
    accuracy: { published: null, measured: measured(answers) },
    answers,
  });
  const base = profile([cell('detect', 's', 'cpu', 1, runs(2))]);
  return profile(
    [
      cell('detect', 's', 'cpu', 1, runs(2)),
      cell('classify', 's', 'cpu', 1, runs(times.light)),
      cell('classify', 's', 'cpu', 4, runs(3 * times.light)),
      cell('classify', 'l', 'cpu', 1, runs(times.heavy)),
      cell('classify', 'l', 'cpu', 4, runs(3 * times.heavy)),
    ],
    {
      stages: [
        { ...base.stages[0]!, variants: [base.stages[0]!.variants[0]!] },
        { ...base.stages[1]!, variants: [variant('s', light), variant('l', heavy)] },
      ],
      fanOut: [
        { stage: 'detect', upstream: {}, counts: counts.map(() => 1) },
        { stage: 'classify', upstream: { detect: 's' }, counts },
      ],
      endToEnd: (['s', 'l'] as const).map((name) => {
        const answers = name === 's' ? light : heavy;
        return {
          variants: { detect: 's', classify: name },
          metric: 'accuracy',
          value: rightShare(answers),
          n: requests,
          scores: scoresOf(answers),
        };
      }),
      paths: (['s', 'l'] as const).map((name) => {
        const answers = name === 's' ? light : heavy;
        return {
          stage: 'classify',
          variant: name,
          upstream: { detect: 's' },
          confidences: answers.map(([confidence]) => confidence),
          earned: answers.map(([, earned]) => earned),
        };
      }),
    },
  );
}

/** Makes pairs: the light variant is right more often the surer it is, and the heavy one is right in 19 of 20 cases. */
export const wellCalibrated = (n = 400): Pair[] =>
  Array.from({ length: n }, (_, i) => {
    const confidence = ((i * 37) % 100) / 100;
    return [confidence, (i * 61) % 100 < 60 + 60 * confidence, i % 20 !== 7];
  });

/**
 * Draws pairs, the same for a seed. The light variant is right more often the surer it is, the heavy one in 19 of 20 cases.
 * @param sureAndWrong share of items of which the light variant is sure, but wrong
 */
export function drawnPairs(seed: number, sureAndWrong = 0): Pair[] {
  const random = seededRandom(seed);
  return Array.from({ length: 400 }, () => {
    const heavy = random() < 0.95;
    if (random() < sureAndWrong) return [1, false, heavy];
    const confidence = Math.floor(100 * random()) / 100;
    return [confidence, random() < 0.5 + 0.5 * confidence, heavy];
  });
}

export const classify = (profile: Profile) => profile.stages[1]!;
export const BOTH = new Set(['s', 'l']);
export const AT_95 = { percentile: 95 };
/** Returns the thresholds for `classify`, the stage that has two variants. */
export const thresholdsOf = (profile: Profile) =>
  cascadesOf(profile, classify(profile), BOTH, AT_95).flatMap(({ thresholds }) => thresholds);
