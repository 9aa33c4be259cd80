import type { RunReport } from '../documents/run-report.ts';
import { grouped, percent } from '../math/figures.ts';
import { sum } from '../math/statistics.ts';

type Outcomes = Pick<RunReport, 'cascades' | 'standbys'>;

/** The effect of one threshold or standby of a stage. A run whose plans change may have several for one stage. */
interface Part {
  readonly stage: string;
  readonly items: number;
  /** Number of these items that no earlier part has: two standbys of one variant share the items that the variant answered. */
  readonly newItems: number;
  /** Number of the items that a lighter variant answered because of a burst. */
  readonly lighter: number;
  readonly sentence: string;
  /** Accuracy of the stage that the plan counts on. */
  readonly plannedAccuracy: number;
  /** Accuracy of the stage to expect after the downshift. */
  readonly accuracy: number;
}

/**
 * The accuracy of a run as a fraction of what its plans predict: 1 without a downshift, less where lighter variants took over. It
 * is the product over the stages, as PAS is; within a stage it is the mean over the items.
 */
export function downshiftFactor(outcomes: Outcomes): number {
  const parts = partsOf(outcomes);
  return [...new Set(parts.map(({ stage }) => stage))].reduce((product, stage) => {
    const own = parts.filter((part) => part.stage === stage);
    const planned = own.reduce((sum, part) => sum + part.newItems * part.plannedAccuracy, 0);
    const lost = own.reduce((sum, part) => sum + part.items * (part.plannedAccuracy - part.accuracy), 0);
    return planned > 0 ? product * (1 - lost / planned) : product;
  }, 1);
}

/** Number of items that lighter variants answered because of a burst. */
export const lighterAnswers = ({ cascades = [], standbys = [] }: Outcomes): number =>
  sum([...standbys.map(({ downshifted }) => downshifted), ...cascades.map(({ settled = 0 }) => settled)]);

/** A sentence for each stage in which lighter variants took over: for how many items, and what it costs in accuracy. */
export const downshiftSentences = (outcomes: Outcomes): string[] =>
  partsOf(outcomes)
    .filter(({ lighter }) => lighter > 0)
    .map(({ sentence, accuracy, plannedAccuracy }) => {
      const [now, planned] = [percent(accuracy), percent(plannedAccuracy)];
      return now === planned
        ? sentence
        : `${sentence} The accuracy of the stage is predicted as ${now} instead of ${planned}.`;
    });

function partsOf({ cascades = [], standbys = [] }: Outcomes): Part[] {
  const ofStandbys = standbys.map(
    ({ stage, variant, accuracy, standby, standbyAccuracy, items, downshifted }, i) => ({
      ...{ stage, items, lighter: downshifted },
      newItems:
        standbys.findIndex((one) => one.stage === stage && one.variant === variant) < i ? downshifted : items,
      sentence: `In a burst, ${standby} answered ${grouped(downshifted)} of the ${grouped(items)} items of ${stage} instead of ${variant}.`,
      plannedAccuracy: accuracy,
      accuracy: accuracy - (downshifted / items) * (accuracy - standbyAccuracy),
    }),
  );
  const ofCascades = cascades.flatMap(
    ({ stage, light, heavy, items, escalated, predictedShare, settled = 0, expected }) => {
      if (!expected) return [];
      const { accuracy, lightAccuracy } = expected;
      // The heavy variant adds accuracy only to the items that it answers. At most all of its gain is lost, although more items
      // may have settled than were predicted to escalate.
      const lost = predictedShare > 0 ? Math.min(1, settled / items / predictedShare) : 0;
      return {
        ...{ stage, items, newItems: items, lighter: settled },
        sentence: `In a burst, the answer of ${light} stood for ${grouped(settled)} of the ${grouped(escalated)} items of ${stage} that were to go on to ${heavy}.`,
        plannedAccuracy: accuracy,
        accuracy: accuracy - lost * (accuracy - lightAccuracy),
      };
    },
  );
  return [...ofStandbys, ...ofCascades].filter(({ items }) => items > 0);
}
