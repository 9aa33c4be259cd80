import type { ItemAnswers } from '../documents/answers.ts';
import type { Profile } from '../documents/profile.ts';
import { accuracyOf } from '../documents/profile.ts';
import { mean } from '../math/statistics.ts';
import { areAllowed, areOf, offsetsOf } from '../simulate/fanout.ts';
import { fanOut, type ItemsPerRequest, mostItems } from './items-per-request.ts';
import type { PlanRequest } from './request.ts';

/** A light and a heavy variant of a stage with a threshold, and what the pack tells of them. */
export interface Cascade {
  readonly light: string;
  readonly heavy: string;
  /** Items whose result has a confidence under this go on to the heavy variant. */
  readonly below: number;
  /** Accuracy of the stage to plan with: a lower confidence bound. */
  readonly accuracy: number;
  /** Items of the heavy variant per request: their mean, and their number at the percentile; the bound counts on one at least. */
  readonly items: ItemsPerRequest;
}

/** Shares of the labelled items that escalate at the thresholds to choose from; denser where accuracy rises fastest. */
const SHARES = [
  0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.18, 0.22, 0.26, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7,
];

/** z of a one-sided bound that holds with a probability of 95 %. */
const Z = 1.645;

/**
 * A lower confidence bound on the mean of paired differences, each from −1 to 1: mean − z · standard deviation / √n, after one
 * half observation of each sign and one of 0 are added, so that a sample without any difference does not count as proof. For
 * right and wrong answers this is the interval of Agresti & Min (Simple improved confidence intervals for comparing matched
 * proportions, Statistics in Medicine 24, 2005), one-sided.
 */
export function lowerMeanDifference({
  n,
  sum,
  squares,
}: {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
}): number {
  const more = n + 2;
  const centre = sum / more;
  const variance = Math.max(0, (squares + 1) / more - centre ** 2);
  return centre - Z * Math.sqrt(variance / more);
}

type ProfileStage = Profile['stages'][number];

/** The cascades of a profile's stage by what was asked. They depend on no rate, and one profile is planned with many times. */
const known = new WeakMap<ProfileStage, Map<string, readonly Cascade[]>>();

/** The pairs of a stage's variants that may be cascades, at each threshold of the grid. None without measured confidences. */
export function cascadesOf(
  profile: Profile,
  stage: ProfileStage,
  variants: ReadonlySet<string>,
  request: Pick<PlanRequest, 'percentile' | 'restrictTo'>,
): readonly Cascade[] {
  const ofStage = known.get(stage) ?? new Map<string, readonly Cascade[]>();
  known.set(stage, ofStage);
  const asked = JSON.stringify([[...variants].sort(), request.percentile, request.restrictTo]);
  const found = ofStage.get(asked);
  if (found) return found;
  const cascades = allCascades(profile, stage, variants, request);
  ofStage.set(asked, cascades);
  return cascades;
}

function allCascades(
  profile: Profile,
  stage: ProfileStage,
  variants: ReadonlySet<string>,
  { percentile, restrictTo }: Pick<PlanRequest, 'percentile' | 'restrictTo'>,
): Cascade[] {
  const answering = stage.variants.filter(
    (variant) => variants.has(variant.name) && variant.answers && accuracyOf(variant) !== null,
  );
  return answering.flatMap((light) => {
    const byConfidence = light.answers!.map((answer, i) => ({ answer, i })).sort(byFirst);
    const thresholds = thresholdsOf(byConfidence.map(({ answer: [confidence] }) => confidence));
    const items = thresholds.map((below) =>
      escalatedItems(profile, stage.name, light.name, below, percentile, restrictTo),
    );
    return answering.flatMap((heavy) => {
      const whole = accuracyOf(heavy)!;
      if (whole <= accuracyOf(light)!) return [];
      const order = byConfidence.map(({ i }) => i);
      return thresholds.flatMap((below, t): Cascade[] => {
        const accuracy = Math.min(1, whole + lossBound(light.answers!, heavy.answers!, order, below));
        if (accuracy <= accuracyOf(light)!) return [];
        return [{ light: light.name, heavy: heavy.name, below, accuracy, items: items[t]! }];
      });
    });
  });
}

type Answer = ItemAnswers[number];
const byFirst = ({ answer: [a] }: { answer: Answer }, { answer: [b] }: { answer: Answer }) => a - b;

/** Thresholds under which about {@link SHARES} of the confidences lie. @param sorted confidences, rising */
function thresholdsOf(sorted: readonly number[]): number[] {
  const thresholds = SHARES.map(
    (share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length))]!,
  );
  return [...new Set(thresholds)].filter((below) => below > sorted[0]!);
}

/**
 * A lower bound on what the cascade gains over its heavy variant, which is usually below 0. Both answer the same items, so only
 * those count on which the light variant decides.
 * @param order of the items by the light variant's confidence, rising
 */
function lossBound(light: ItemAnswers, heavy: ItemAnswers, order: readonly number[], below: number): number {
  const possible = mean(heavy.map(([, , points]) => points));
  let [sum, squares] = [0, 0];
  for (let at = order.length - 1; at >= 0; at--) {
    const i = order[at]!;
    const [confidence, earned] = light[i]!;
    if (confidence < below) break;
    const gained = possible === 0 ? 0 : (earned - heavy[i]![1]) / possible;
    sum += gained;
    squares += gained ** 2;
  }
  return lowerMeanDifference({ n: order.length, sum, squares });
}

/**
 * How many of a stage's items per request escalate: maxima over the allowed upstream variants, as the fan-out is. The mean is not
 * a bound: a plan's utilisation limit and its simulation leave room for a busier load, as they do for the fan-out.
 */
export function escalatedItems(
  profile: Profile,
  stage: string,
  light: string,
  below: number,
  percentile: number,
  restrictTo: PlanRequest['restrictTo'],
): Cascade['items'] {
  const paths = (profile.paths ?? []).filter(
    (path) =>
      path.stage === stage &&
      path.variant === light &&
      path.confidences.length > 0 &&
      areAllowed(path.upstream, restrictTo),
  );
  const counts = paths.flatMap(({ upstream, confidences }) => {
    const fanOut = profile.fanOut.find((entry) => entry.stage === stage && areOf(entry.upstream, upstream));
    if (!fanOut) return [];
    const offsets = offsetsOf(new Map(), fanOut);
    return [
      fanOut.counts.map((count, i) => {
        let escalated = 0;
        for (let k = 0; k < count; k++) if (confidences[offsets[i]! + k]! < below) escalated++;
        return escalated;
      }),
    ];
  });
  const items = counts.length > 0 ? mostItems(counts, percentile) : escalatedOfAll();
  return { ...items, atPercentile: Math.max(1, items.atPercentile) };

  /** Too many combinations of variants to measure all: the labelled items tell the share. */
  function escalatedOfAll(): ItemsPerRequest {
    const { variants } = profile.stages.find(({ name }) => name === stage)!;
    const answers = variants.find(({ name }) => name === light)!.answers!;
    const share = answers.filter(([confidence]) => confidence < below).length / answers.length;
    const all = fanOut(profile, stage, percentile, restrictTo);
    return { ...all, mean: share * all.mean };
  }
}
