import { NONE_SEEN, type Seen, together } from '../adapt/correction.ts';
import { timesOf } from '../dispatch/plan.ts';
import { rowsByIndex } from '../dispatch/rows.ts';
import type { Backend } from '../documents/common.ts';
import { areOfRow, type RunReport } from '../documents/run-report.ts';
import { sum } from '../math/statistics.ts';

/** Smaller factors are not reported, because the noise of a machine often causes them. */
const FACTOR_MIN = 1.2;

/** The times of a run's batches on each backend. Batches of a variant that none of the run's plans has do not count. */
function timesByBackend({ service, plans }: Pick<RunReport, 'service' | 'plans'>): Map<Backend, Seen> {
  const rows = plans.flatMap(({ plan: { stages, predicted } }) =>
    rowsByIndex(stages).flatMap((row) => (row ? [{ row, factor: predicted.batchTimeFactor ?? 1 }] : [])),
  );
  const byBackend = new Map<Backend, Seen>();
  for (const batches of service) {
    const found = rows.find(({ row }) => areOfRow(batches, row));
    if (!found) continue;
    const { backend, items, samplesMs } = batches;
    const n = samplesMs.length;
    const expectedMs = n * timesOf(found.row.serviceMs)(items) * found.factor;
    const own = { n, measuredMs: sum(samplesMs), expectedMs };
    byBackend.set(backend, together(byBackend.get(backend) ?? NONE_SEEN, own));
  }
  return byBackend;
}

/**
 * Total time of a run's batches ÷ the total time that its plans predict for them, for each backend that ran a batch. A backend is
 * left out if its plans predict 0 ms, as a browser's coarse clock measures.
 */
export const batchTimeFactors = (
  run: Pick<RunReport, 'service' | 'plans'>,
): Partial<Record<Backend, number>> =>
  Object.fromEntries(
    [...timesByBackend(run)]
      .filter(([, { expectedMs }]) => expectedMs > 0)
      .map(([backend, { measuredMs, expectedMs }]) => [backend, measuredMs / expectedMs]),
  );

/**
 * Total time of a run's batches ÷ the total time that its plans predict for them. Null if the report has no batch of a row or
 * standby of the plans.
 */
export function batchTimeFactor(run: Pick<RunReport, 'service' | 'plans'>): number | null {
  const { measuredMs, expectedMs } = [...timesByBackend(run).values()].reduce(together, NONE_SEEN);
  return expectedMs > 0 ? measuredMs / expectedMs : null;
}

/** A sentence with the factor by which a real run's batches took longer or shorter than planned; none if the factor is near 1. */
export function batchTimeSentences(run: Pick<RunReport, 'service' | 'plans' | 'simulated'>): string[] {
  const factor = run.simulated ? null : batchTimeFactor(run);
  if (factor === null || Math.max(factor, 1 / factor) < FACTOR_MIN) return [];
  return [`Batches took ${factor.toFixed(factor < 1 ? 2 : 1)} times as long as planned.`];
}
