import { timesOf } from '../dispatch/plan.ts';
import type { RunReport } from '../documents/run-report.ts';

/** A smaller factor does not explain why latencies differ from the predicted ones. */
const FACTOR_LEAST = 1.2;

/**
 * How many times as long as their plans expect a run's batches took, over all of them. Null if the report has no batch of a row or
 * standby of the plans.
 */
export function batchTimeFactor({ service, plans }: Pick<RunReport, 'service' | 'plans'>): number | null {
  const rows = plans.flatMap(({ plan }) => plan.stages);
  let [tookMs, expectedMs] = [0, 0];
  for (const { stage, variant, backend, items, samplesMs } of service) {
    const of = rows
      .filter((row) => row.name === stage && row.backend === backend)
      .flatMap((row) => [row, ...(row.standby ? [row.standby] : [])])
      .find((row) => row.variant === variant);
    if (!of) continue;
    tookMs += samplesMs.reduce((sum, ms) => sum + ms, 0);
    expectedMs += samplesMs.length * timesOf(of.serviceMs)(items);
  }
  return expectedMs > 0 ? tookMs / expectedMs : null;
}

/** A sentence if a real run's batches took much longer, or shorter, than its plans expect; otherwise none. */
export function batchTimeSentences(run: Pick<RunReport, 'service' | 'plans' | 'simulated'>): string[] {
  const factor = run.simulated ? null : batchTimeFactor(run);
  if (factor === null || Math.max(factor, 1 / factor) < FACTOR_LEAST) return [];
  return [
    `Batches took ${factor.toFixed(factor < 1 ? 2 : 1)} times as long as was expected from the profile.`,
  ];
}
