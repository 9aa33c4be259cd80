import type { RequestRecord, RunResult } from '../documents/report.ts';
import { MIN_SAMPLES, nearestRank, sortedNumbers } from '../math/statistics.ts';

/** What requests came to. @param durationS in which they entered */
export function summarise(requests: readonly RequestRecord[], slaMs: number, durationS: number) {
  const count = (outcome: RequestRecord['outcome']) => requests.filter((r) => r.outcome === outcome).length;
  const sorted = sortedNumbers(requests.flatMap((r) => r.latencyMs ?? []));
  const inTime = sorted.filter((ms) => ms <= slaMs).length;
  return {
    completed: count('completed'),
    shed: count('shed'),
    failed: count('failed'),
    /** Of those that completed; null where none did. */
    latencyMs:
      sorted.length === 0
        ? null
        : {
            p50: nearestRank(sorted, 50),
            p95: nearestRank(sorted, 95),
            p99: nearestRank(sorted, 99),
            max: sorted.at(-1)!,
          },
    /** Null where none was sent. */
    slaAttainment: requests.length ? inTime / requests.length : null,
    goodputPerS: inTime / durationS,
  };
}

/** Everything of a run's result but accuracy and cost; without the percentiles that too few have completed for. */
export function requestResult(
  requests: readonly RequestRecord[],
  slaMs: number,
  durationS: number,
): Omit<RunResult, 'accuracy' | 'cost'> {
  const { latencyMs, ...summary } = summarise(requests, slaMs, durationS);
  const n = summary.completed;
  const of = (key: 'p50' | 'p95' | 'p99' | 'max', least = 1) => (n >= least ? latencyMs![key] : null);
  return {
    ...summary,
    latencyMs: {
      p50: of('p50'),
      p95: of('p95', MIN_SAMPLES.p95),
      p99: of('p99', MIN_SAMPLES.p99),
      max: of('max'),
      n,
    },
  };
}
