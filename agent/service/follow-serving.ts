import { type Counts, CountsGrowth, countsIn } from '../../solver/adapt/serving-counts.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { sleep } from '../../workers/executor/clock.ts';
import type { Service } from './service.ts';

/** Milliseconds between two readings of the metrics. */
const READ_MS = 10_000;

/** Reports at intervals how much the counters of a service have grown since the previous report, until the signal aborts. */
export async function followServing(
  service: Pick<Service, 'metrics' | 'plan'>,
  onCounts: (growth: Counts, elapsedMs: number, plan: Plan) => void,
  signal: AbortSignal,
): Promise<void> {
  const growth = new CountsGrowth();
  for (let readAtMs = performance.now(); !signal.aborted; ) {
    const counts = countsIn(await service.metrics(), service.plan.pipeline);
    const nowMs = performance.now();
    onCounts(growth.since(new Map([['serve', counts]])), nowMs - readAtMs, service.plan);
    readAtMs = nowMs;
    await sleep(READ_MS, signal);
  }
}
