import type { RequestRecord, RunResult } from './documents/report.ts';
import { MIN_SAMPLES, nearestRank, sortedNumbers } from './statistics.ts';

/** What requests came to: everything of a run's result but accuracy and cost. */
export function requestResult(
  requests: readonly RequestRecord[],
  slaMs: number,
  durationS: number,
): Omit<RunResult, 'accuracy' | 'cost'> {
  const count = (outcome: RequestRecord['outcome']) => requests.filter((r) => r.outcome === outcome).length;
  const sorted = sortedNumbers(requests.flatMap((r) => r.latencyMs ?? []));
  const n = sorted.length;
  const at = (percentile: number, least: number) => (n >= least ? nearestRank(sorted, percentile) : null);
  const inTime = sorted.filter((ms) => ms <= slaMs).length;
  return {
    completed: count('completed'),
    shed: count('shed'),
    failed: count('failed'),
    latencyMs: {
      p50: at(50, 1),
      p95: at(95, MIN_SAMPLES.p95),
      p99: at(99, MIN_SAMPLES.p99),
      max: at(100, 1),
      n,
    },
    slaAttainment: requests.length ? inTime / requests.length : 0,
    goodputPerS: inTime / durationS,
  };
}
