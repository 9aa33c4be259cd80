import type { LabelledAnswers } from '../documents/answers.ts';
import type { Profile } from '../documents/profile.ts';
import { accuracyOf } from '../documents/profile.ts';
import { getOrMake } from '../math/maps.ts';
import { mean } from '../math/statistics.ts';
import { escalatedItems } from './escalated-items.ts';
import type { ItemsPerRequest } from './items-per-request.ts';
import type { PlanRequest } from './request.ts';

/** A light and a heavy variant of a stage. */
export interface Cascade {
  readonly light: string;
  readonly heavy: string;
  /** The thresholds to choose from, rising; so accuracies and items rise, too. */
  readonly thresholds: readonly Threshold[];
}

/** A threshold of a cascade, with its accuracy and load as measured on the pack. */
export interface Threshold {
  /** Items whose result has a confidence below this escalate to the heavy variant. */
  readonly below: number;
  /** Accuracy of the stage to plan with: a lower confidence bound. */
  readonly accuracy: number;
  /** Items of the heavy variant per request: their mean, and their number at the percentile, which is at least 1. */
  readonly items: ItemsPerRequest;
}

/** Of thresholds whose accuracies differ by less than this, only the one that escalates the fewest items is kept. */
export const ACCURACY_STEP = 0.001;

/** z of a one-sided bound that holds with a probability of 95 %. */
const Z = 1.645;

/**
 * A lower confidence bound on the mean of paired differences, each from −1 to 1: mean − z · standard deviation / √n, after adding
 * half an observation of −1, half of 1 and one of 0, so that a sample without any difference does not count as proof. For
 * right and wrong answers this is the interval of Agresti & Min (Simple improved confidence intervals for comparing matched
 * proportions, Statistics in Medicine 24, 2005), one-sided.
 */
export function lowerMeanDifference({
  n,
  sum,
  squares,
}: Readonly<Record<'n' | 'sum' | 'squares', number>>): number {
  const more = n + 2;
  const centre = sum / more;
  const variance = Math.max(0, (squares + 1) / more - centre ** 2);
  return centre - Z * Math.sqrt(variance / more);
}

type ProfileStage = Profile['stages'][number];

/** A cache of a stage's cascades by request, because they do not depend on the rate, and one profile serves for many plans. */
const known = new WeakMap<ProfileStage, Map<string, readonly Cascade[]>>();

/** The pairs of a stage's variants that may form a cascade; empty if their confidences were not measured. */
export function cascadesOf(
  profile: Profile,
  stage: ProfileStage,
  variants: ReadonlySet<string>,
  request: Pick<PlanRequest, 'percentile' | 'restrictTo'>,
): readonly Cascade[] {
  const ofStage = getOrMake(known, stage, () => new Map());
  const asked = JSON.stringify([[...variants].sort(), request.percentile, request.restrictTo]);
  return getOrMake(ofStage, asked, () => allCascades(profile, stage, variants, request));
}

function allCascades(
  profile: Profile,
  stage: ProfileStage,
  variants: ReadonlySet<string>,
  request: Pick<PlanRequest, 'percentile' | 'restrictTo'>,
): Cascade[] {
  const answering = stage.variants.filter(
    (variant) => variants.has(variant.name) && variant.answers && accuracyOf(variant) !== null,
  );
  return answering.flatMap((light) => {
    const lightAccuracy = accuracyOf(light)!;
    const heavier = answering.filter((heavy) => accuracyOf(heavy)! > lightAccuracy);
    if (heavier.length === 0) return [];
    const order = risingConfidence(light.answers!);
    const items = escalatedItems(profile, stage.name, light.name, request);
    return heavier.flatMap((heavy) => {
      const rising = thresholdsOf(light.answers!, heavy.answers!, order, accuracyOf(heavy)!);
      const thresholds = worthwhile(rising, lightAccuracy).map(
        (bound): Threshold => ({ ...bound, items: items(bound.below) }),
      );
      return thresholds.length > 0 ? [{ light: light.name, heavy: heavy.name, thresholds }] : [];
    });
  });
}

/** The indices of the items, by rising confidence of a variant's answers. */
const risingConfidence = (answers: LabelledAnswers): number[] =>
  answers.map((_, i) => i).sort((a, b) => answers[a]![0] - answers[b]![0]);

type Bound = Omit<Threshold, 'items'>;

/**
 * All thresholds of a pair that escalate some but not all items, rising, each with a lower bound on the accuracy. Both variants
 * answered the same items, so the cascade differs from its heavy variant only in the items on which the light variant decides.
 * The cascade's gain over the heavy variant, usually below 0, is estimated from these items. For F1, a spurious entity in an
 * answer adds a possible point. The gain of an item is therefore the difference in earned points minus the product of the heavy
 * variant's accuracy and the difference in possible points. This is the first-order form of the difference of two ratios.
 * @param order the items' indices by the light variant's confidence, rising
 */
function thresholdsOf(
  light: LabelledAnswers,
  heavy: LabelledAnswers,
  order: readonly number[],
  heavyAccuracy: number,
): Bound[] {
  const { length: n } = order;
  const thresholds: Bound[] = [];
  let possible = mean(heavy.map(([, , points]) => points));
  let [sum, squares] = [0, 0];
  for (let at = n - 1; at > 0; at--) {
    const i = order[at]!;
    const [below, earned, possibleOfLight] = light[i]!;
    const [, earnedByHeavy, possibleOfHeavy] = heavy[i]!;
    const added = possibleOfLight - possibleOfHeavy;
    const gained = earned - earnedByHeavy - heavyAccuracy * added;
    possible += added / n;
    sum += gained;
    squares += gained ** 2;
    if (light[order[at - 1]!]![0] === below) continue;
    const scale = possible > 0 ? 1 / possible : 0;
    const difference = lowerMeanDifference({ n, sum: scale * sum, squares: scale ** 2 * squares });
    const accuracy = Math.min(1, heavyAccuracy + difference);
    thresholds.push({ below, accuracy });
  }
  return thresholds.reverse();
}

/**
 * The thresholds whose accuracy is at least {@link ACCURACY_STEP} above that of every lower one that was kept, and of the light
 * variant alone. So for each threshold that is left out, one of these escalates no more items, and is worse by less than the
 * step.
 */
function worthwhile(rising: readonly Bound[], lightAccuracy: number): Bound[] {
  let best = lightAccuracy;
  return rising.filter(({ accuracy }) => {
    if (accuracy < best + ACCURACY_STEP) return false;
    best = accuracy;
    return true;
  });
}
