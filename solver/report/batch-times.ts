import { timesOf } from '../dispatch/plan.ts';
import { rowsByIndex } from '../dispatch/rows.ts';
import { isServiceOf, type RunReport } from '../documents/run-report.ts';
import { sum } from '../math/statistics.ts';

/** Smaller factors are not reported, because the noise of a machine often causes them. */
const FACTOR_LEAST = 1.2;

/**
 * Total time of a run's batches ÷ the total time that its plans predict for them. Null if the report has no batch of a row or
 * standby of the plans.
 */
export function batchTimeFactor({ service, plans }: Pick<RunReport, 'service' | 'plans'>): number | null {
  const rows = plans.flatMap(({ plan: { stages, predicted } }) =>
    rowsByIndex(stages).flatMap((row) => (row ? [{ row, factor: predicted.batchTimeFactor ?? 1 }] : [])),
  );
  let [tookMs, expectedMs] = [0, 0];
  for (const batches of service) {
    const found = rows.find(({ row }) => isServiceOf(batches, row));
    if (!found) continue;
    const { items, samplesMs } = batches;
    tookMs += sum(samplesMs);
    expectedMs += samplesMs.length * timesOf(found.row.serviceMs)(items) * found.factor;
  }
  return expectedMs > 0 ? tookMs / expectedMs : null;
}

/**
 * A sentence with the factor by which a real run's batches took longer or shorter than expected; none if the factor is near 1.
 */
export function batchTimeSentences(run: Pick<RunReport, 'service' | 'plans' | 'simulated'>): string[] {
  const factor = run.simulated ? null : batchTimeFactor(run);
  if (factor === null || Math.max(factor, 1 / factor) < FACTOR_LEAST) return [];
  return [
    `Batches took ${factor.toFixed(factor < 1 ? 2 : 1)} times as long as was expected from the profile.`,
  ];
}
