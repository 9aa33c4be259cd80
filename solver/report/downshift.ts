import type { RunReport } from '../documents/run-report.ts';

type Outcomes = Pick<RunReport, 'cascades' | 'standbys'>;

/** A stage in which lighter variants took over in a burst. */
interface DownshiftedStage {
  readonly sentence: string;
  /** Accuracy of the stage that the plan counts on, and the one to expect after the downshift. */
  readonly plannedAccuracy: number;
  readonly accuracy: number;
}

/**
 * The accuracy of a run as a part of what its plan predicts: 1 without a downshift, less where lighter variants took over. It is the
 * product over the stages, as PAS is.
 */
export const downshiftFactor = (outcomes: Outcomes): number =>
  stagesOf(outcomes).reduce(
    (product, { accuracy, plannedAccuracy }) =>
      plannedAccuracy > 0 ? product * (accuracy / plannedAccuracy) : product,
    1,
  );

/** Number of items that lighter variants answered because of a burst. */
export const lighterAnswers = ({ cascades = [], standbys = [] }: Outcomes): number =>
  [...standbys.map(({ downshifted }) => downshifted), ...cascades.map(({ settled = 0 }) => settled)].reduce(
    (sum, items) => sum + items,
    0,
  );

/** A sentence for each stage in which lighter variants took over: for how many items, and what it costs in accuracy. */
export const downshiftSentences = (outcomes: Outcomes): string[] =>
  stagesOf(outcomes).map(({ sentence, accuracy, plannedAccuracy }) =>
    accuracy === plannedAccuracy
      ? sentence
      : `${sentence} The accuracy of the stage is predicted as ${percent(accuracy)} instead of ${percent(plannedAccuracy)}.`,
  );

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function stagesOf({ cascades = [], standbys = [] }: Outcomes): DownshiftedStage[] {
  const ofStandbys = standbys
    .filter(({ downshifted }) => downshifted > 0)
    .map(({ stage, variant, accuracy, standby, standbyAccuracy, items, downshifted }) => ({
      sentence: `In a burst, ${standby} answered ${downshifted} of the ${items} items of ${stage} instead of ${variant}.`,
      plannedAccuracy: accuracy,
      accuracy: accuracy - (downshifted / items) * (accuracy - standbyAccuracy),
    }));
  const ofCascades = cascades
    .filter(({ settled = 0, expected }) => settled > 0 && expected)
    .map(({ stage, light, heavy, items, escalated, predictedShare, settled, expected }) => {
      const { accuracy, lightAccuracy } = expected!;
      // All that the heavy variant adds, it adds to the items that go on.
      const gain = predictedShare > 0 ? (accuracy - lightAccuracy) / predictedShare : 0;
      return {
        sentence: `In a burst, the answer of ${light} stood for ${settled} of the ${escalated} items of ${stage} that were to go on to ${heavy}.`,
        plannedAccuracy: accuracy,
        accuracy: accuracy - (settled! / items) * gain,
      };
    });
  return [...ofStandbys, ...ofCascades];
}
