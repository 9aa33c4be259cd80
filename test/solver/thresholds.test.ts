import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracyOf } from '../../solver/documents/profile.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { seededRandom } from '../../solver/math/random.ts';
import { mean } from '../../solver/math/statistics.ts';
import { ACCURACY_STEP, cascadesOf, lowerMeanDifference } from '../../solver/plan/cascades.ts';
import { solveIlp } from '../../solver/plan/ilp-choice.ts';
import {
  AT_95,
  BOTH,
  cascadeProfile,
  classify,
  drawnPairs,
  type Pair,
  PER_REQUEST,
  thresholdsOf,
  wellCalibrated,
} from './cascades.ts';
import { request } from './profiles.ts';

const pairs: fc.Arbitrary<Pair[]> = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean(), fc.boolean()), {
    minLength: 5,
    maxLength: 30,
  })
  .map((quads) =>
    quads.flatMap(([confidence, light, heavy], i) =>
      Array.from(
        { length: PER_REQUEST },
        (_, k): Pair => [((confidence + 7 * k) % 21) / 20, light !== (k === 1), heavy || (i + k) % 2 === 0],
      ),
    ),
  );

describe('a threshold', () => {
  it('sends as many items on as lie under it, and the accuracy is at most what the items say', () => {
    fc.assert(
      fc.property(pairs, (drawn) => {
        const profile = cascadeProfile(drawn);
        for (const { below, accuracy, items } of thresholdsOf(profile)) {
          const escalated = drawn.filter(([confidence]) => confidence < below).length;
          expect(items.mean).toBeCloseTo((PER_REQUEST * escalated) / drawn.length, 9);
          const right = drawn.filter(([confidence, light, heavy]) => (confidence < below ? heavy : light));
          expect(accuracy).toBeLessThan(right.length / drawn.length);
        }
      }),
    );
  });

  it('that is left out has one that sends no more items on and is less than the step worse, and those that stay rise by it', () => {
    const everyBound = (drawn: readonly Pair[]) =>
      [...new Set(drawn.map(([confidence]) => confidence))].map((below) => {
        const differences = drawn.map(([confidence, light, heavy]) =>
          confidence < below ? 0 : Number(light) - Number(heavy),
        );
        const sum = differences.reduce((soFar, one) => soFar + one, 0);
        const squares = differences.reduce((soFar, one) => soFar + one ** 2, 0);
        const whole = drawn.filter(([, , heavy]) => heavy).length / drawn.length;
        return { below, accuracy: whole + lowerMeanDifference({ n: drawn.length, sum, squares }) };
      });
    const check = (drawn: readonly Pair[]) => {
      const [light, heavy] = ([1, 2] as const).map(
        (of) => drawn.filter((pair) => pair[of]).length / drawn.length,
      );
      if (heavy! <= light!) return;
      const profile = cascadeProfile(drawn);
      const kept = [{ below: 0, accuracy: light! }, ...thresholdsOf(profile)];
      for (const { below, accuracy } of everyBound(drawn)) {
        const best = Math.max(...kept.filter((one) => one.below <= below).map((one) => one.accuracy));
        expect(accuracy).toBeLessThan(best + ACCURACY_STEP + 1e-9);
      }
      for (const [i, { accuracy }] of kept.slice(1).entries())
        expect(accuracy).toBeGreaterThan(kept[i]!.accuracy + ACCURACY_STEP - 1e-9);
    };
    fc.assert(fc.property(pairs, check));
    check(wellCalibrated(2000));
  });

  it('counts spurious entities of the light variant, which add possible points to F1', () => {
    // Each text has one entity, which both variants find. In every second text, the light variant reports a second, spurious one.
    const texts = wellCalibrated(100).map(([confidence], i) => ({ confidence, spurious: i % 2 }));
    const profile = cascadeProfile(texts.map(({ confidence }) => [confidence, true, true]));
    const [light, heavy] = classify(profile).variants;
    light!.answers = texts.map(({ confidence, spurious }) => [confidence, 2, 2 + spurious]);
    light!.accuracy.measured!.value = 200 / 250;
    heavy!.answers = texts.map(() => [0.9, 2, 2]);
    const thresholds = thresholdsOf(profile);
    expect(thresholds.length).toBeGreaterThan(0);
    for (const { below, accuracy } of thresholds) {
      const left = texts.filter(({ confidence, spurious }) => confidence >= below && spurious).length;
      expect(accuracy).toBeLessThanOrEqual(200 / (200 + left));
    }
  });

  it('never makes a variant light that is sure of wrong answers: none of its items would go on', async () => {
    const overConfident = wellCalibrated().map(([, light, heavy]): Pair => [1, light && heavy, heavy]);
    const profile = cascadeProfile(overConfident);
    expect(cascadesOf(profile, classify(profile), BOTH, AT_95)).toEqual([]);
    const solver = await loadSolver();
    const chosen = solveIlp(solver, profile, request({ objective: { ...request().objective, beta: 1e-6 } }));
    expect(chosen.plan.stages.map(({ name, variant }) => [name, variant])).toEqual([
      ['detect', 's'],
      ['classify', 'l'],
    ]);
  });
});

describe('the bound on the accuracy', () => {
  it('lies under the truth for about 95 of 100 thresholds, though the light variant is sure of some wrong answers', () => {
    const HEAVY = 0.95;
    const CONFIDENCES = Array.from({ length: 100 }, (_, i) => i / 100);
    // Returns the expected gain in accuracy of the cascade over its heavy variant, by the probabilities of `drawnPairs`.
    const trueGain = (below: number, sureAndWrong: number) =>
      (1 - sureAndWrong) * mean(CONFIDENCES.map((one) => (one < below ? 0 : 0.5 + 0.5 * one - HEAVY))) -
      sureAndWrong * HEAVY;
    let [under, all] = [0, 0];
    for (let seed = 0; seed < 240; seed++) {
      const sureAndWrong = [0.05, 0.1, 0.2, 0.4][seed % 4]!;
      const profile = cascadeProfile(drawnPairs(seed, sureAndWrong));
      const heavy = accuracyOf(classify(profile).variants[1]!)!;
      for (const { below, accuracy } of thresholdsOf(profile)) {
        all++;
        if (accuracy - heavy <= trueGain(below, sureAndWrong)) under++;
      }
    }
    expect(under / all).toBeGreaterThan(0.92);
  });

  it('lies under the true mean difference in about 95 of 100 samples', () => {
    const random = seededRandom(3);
    for (const [worse, better] of [
      [0.03, 0.01],
      [0.1, 0.06],
      [0.3, 0.3],
    ] as const) {
      let held = 0;
      for (let sample = 0; sample < 2000; sample++) {
        let [sum, squares] = [0, 0];
        for (let i = 0; i < 400; i++) {
          const u = random();
          const difference = u < worse ? -1 : u < worse + better ? 1 : 0;
          sum += difference;
          squares += difference ** 2;
        }
        if (lowerMeanDifference({ n: 400, sum, squares }) <= better - worse) held++;
      }
      expect(held / 2000).toBeGreaterThan(0.93);
      expect(held / 2000).toBeLessThan(0.985);
    }
  });

  it('is below 0 although no sample differs', () => {
    expect(lowerMeanDifference({ n: 100, sum: 0, squares: 0 })).toBeCloseTo(
      (-1.645 * Math.sqrt(1 / 102)) / Math.sqrt(102),
      9,
    );
  });
});
