import type { RunReport } from '../documents/run-report.ts';
import { requestsPerS } from '../math/figures.ts';
import { batchTimeSentences } from './batch-times.ts';
import { escalationSentences } from './cascade-text.ts';
import { correctionText } from './correction-text.ts';

/** Smaller differences between the rates of load and plan are not worth a sentence. */
const OTHER_RATE = 1.1;

/**
 * The sentences below a run's table of results. They say if the prediction is for another rate, or for other times than the
 * profile's, what cascades and standbys did, and if batches took longer or shorter than planned.
 */
export const runSentences = (run: RunReport): string[] => [
  ...rateSentences(run),
  ...correctionSentences(run),
  ...escalationSentences(run),
  ...batchTimeSentences(run),
];

/** A sentence if the load's mean rate differs from that of the run's only plan; none if the run adapts its plan to the load. */
export function rateSentences({ load, plans, adaptation }: Pick<RunReport, 'load' | 'plans' | 'adaptation'>) {
  const plannedPerS = plans[0]!.plan.ratePerS;
  const times = load.ratePerS / plannedPerS;
  if (adaptation || Math.max(times, 1 / times) < OTHER_RATE) return [];
  return [
    `The predicted figures are for ${rate(plannedPerS)}, which the plan was made for; this load has ${rate(load.ratePerS)}.`,
  ];
}

/** A sentence that names the corrections of the profile's times, if the plan was made with any. A run that adapts has none. */
export function correctionSentences({
  plans,
  adaptation,
}: Pick<RunReport, 'plans' | 'adaptation'>): string[] {
  const corrections = correctionText(plans[0]!.plan);
  return adaptation || !corrections
    ? []
    : [`The plan is for other times than the profile's: ${corrections}.`];
}

const rate = (perS: number): string => requestsPerS(perS, 3);
