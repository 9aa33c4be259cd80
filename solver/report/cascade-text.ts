import type { Plan, PlanStage, Standby } from '../documents/plan.ts';
import type { FrontierPoint } from '../documents/report.ts';
import type { RunReport } from '../documents/run-report.ts';
import { grouped, percent } from '../math/figures.ts';
import { mean } from '../math/statistics.ts';
import { downshiftFactor, downshiftSentences } from './downshift.ts';

/** A share of the items as words, e.g. `7 of 100`. Only 0 and 1 read as none and all. */
const ofHundred = (share: number): string => {
  const smaller = Math.min(share, 1 - share);
  return smaller >= 0.01 || smaller === 0
    ? `${Math.round(100 * share)} of 100`
    : `${Math.min(999, Math.max(1, Math.round(1000 * share)))} of 1000`;
};

/** A confidence from 0 to 1, with two to five digits, as many as it needs to differ from 0 and 1. */
const confidenceText = (confidence: number): string => {
  const digits = Math.ceil(-Math.log10(Math.min(confidence, 1 - confidence)));
  return confidence.toFixed(Math.min(5, Math.max(2, digits)));
};

/** A stage's variant; for a cascade also the heavy one and how many items go on to it, e.g. `cnn8, 7 of 100 on to res32`. */
const variantText = (
  variant: string,
  heavy?: { readonly variant: string; readonly share: number },
): string => (heavy ? `${variant}, ${ofHundred(heavy.share)} on to ${heavy.variant}` : variant);

type Row = Pick<PlanStage, 'name' | 'variant' | 'escalation'> & {
  readonly standby?: Pick<Standby, 'variant'> | undefined;
};

/** A text for each stage of a plan with the variants that run it, by stage name, in the order of the stages. */
export const planVariants = (rows: readonly Row[]): Record<string, string> =>
  Object.fromEntries(
    rows.flatMap(({ name, variant, escalation }, i) => {
      if (escalation) return [];
      const heavy = rows[i + 1];
      return [
        [name, variantText(variant, heavy?.escalation && { variant: heavy.variant, ...heavy.escalation })],
      ];
    }),
  );

/** A text for each stage at a point of a frontier with the variants that run it, by stage name, in the order of the stages. */
export const pointVariants = ({
  variants,
  cascades,
}: Pick<FrontierPoint, 'variants' | 'cascades'>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variants).map(([stage, variant]) => [stage, variantText(variant, cascades?.[stage])]),
  );

/** The batch size of a stage at a point of a frontier; for a cascade, the sizes of both variants. */
export const pointBatches = ({ batches, cascades }: FrontierPoint, stage: string): string =>
  [batches[stage], cascades?.[stage]?.batch].filter((batch) => batch !== undefined).join(' + ');

/** A sentence for each cascade of a plan, with which items escalate and how many, and for each standby. */
export const variantSentences = (rows: readonly Row[]): string[] =>
  rows.flatMap(({ name, variant, escalation, standby }, i) => {
    if (standby)
      return [
        `In ${name}, ${standby.variant} stands by: when requests come in a burst, it answers those that ${variant} would answer too late.`,
      ];
    if (!escalation) return [];
    const { from, below, share, accuracy } = escalation;
    return [
      `In ${from}, ${rows[i - 1]!.variant} answers first. Where its confidence is under ${confidenceText(below)}, ${variant} answers instead: ` +
        `${ofHundred(share)} items go on to ${variant}. The accuracy of both together is ${percent(accuracy)}.`,
    ];
  });

/** Why the end-to-end accuracy of a plan with cascades is not known; empty if it is known, or if no cascade is the reason. */
export function unknownEndToEnd({
  stages,
  predicted,
}: {
  readonly stages: readonly Row[];
  readonly predicted: Pick<Plan['predicted'], 'endToEnd'>;
}): string[] {
  if (predicted.endToEnd !== null) return [];
  // The first and the last stage are never the reason: the first has one item per request, and no stage follows the last.
  const partly = stages.slice(2, -1).flatMap(({ escalation }) => escalation ?? []);
  return partly.map(
    ({ from }) =>
      `Accuracy, end to end: not known. Only some of a request's items in ${from} go on to the second variant, and the profile does not ` +
      'tell which items of the next stage come from which of them.',
  );
}

type Told = Pick<RunReport, 'cascades' | 'standbys' | 'result' | 'predicted' | 'plans' | 'requests'>;

/**
 * Sentences that compare cascades and standbys in a run with the prediction: how many items changed variants, why, and the
 * accuracy.
 */
export function escalationSentences(run: Told): string[] {
  const { cascades = [], standbys = [] } = run;
  const withItems = cascades.filter(({ items }) => items > 0);
  const downshifts = downshiftSentences({ cascades, standbys });
  if (withItems.length + downshifts.length === 0) return [];
  return [
    ...withItems.map(
      ({ stage, light, heavy, below, items, escalated, predictedShare, settled = 0 }) =>
        `In ${stage}, ${heavy} answered ${grouped(escalated - settled)} of the ${grouped(items)} items that ${light} answered first, because ` +
        `the confidence of ${light} was under ${confidenceText(below)}: ${ofHundred((escalated - settled) / items)} went on, predicted ${ofHundred(predictedShare)}.`,
    ),
    ...downshifts,
    ...accuracySentence(run),
  ];
}

/**
 * A sentence with the measured and the predicted accuracy and, if the run's downshifts lower the prediction visibly, the lowered
 * one; no sentence if the measured or the predicted accuracy is not known.
 */
function accuracySentence(run: Told): string[] {
  const { endToEnd, metric } = run.result.accuracy;
  const predicted = predictedEndToEnd(run);
  if (endToEnd === null || predicted === null) return [];
  const planned = percent(predicted);
  const left = percent(predicted * downshiftFactor(run));
  return [
    `Accuracy, end to end (${metric}): measured ${percent(endToEnd)}, predicted ${planned}` +
      (run.plans.length > 1 ? ', the mean of its plans' : '') +
      (left === planned
        ? '.'
        : `; with as many answers of lighter variants as in this run, ${left} was to be expected.`),
  ];
}

/** The accuracy that the plans of a run predict, as the mean over the requests that completed; null if it is not known. */
function predictedEndToEnd({ predicted, plans, requests }: Told): number | null {
  if (plans.length === 1) return predicted.endToEnd;
  const planAt = (timeMs: number) => (plans.findLast(({ atMs }) => atMs <= timeMs) ?? plans[0]!).plan;
  const predictions = requests
    .filter(({ outcome }) => outcome === 'completed')
    .map(({ arrivalMs }) => planAt(arrivalMs).predicted.endToEnd);
  const known = predictions.filter((one) => one !== null);
  return known.length > 0 && known.length === predictions.length ? mean(known) : null;
}
