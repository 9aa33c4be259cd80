import type { RequestRecord, RunResult } from '../documents/run-report.ts';
import { nearestRank, samplesMin, sortedNumbers } from '../math/statistics.ts';

/** A percentile of the latencies in a plan or report; undefined if the document does not list that percentile. */
export const latencyAt = (
  latencyMs: Readonly<Record<string, number | null>> | null,
  percentile: number,
): number | null | undefined => latencyMs?.[`p${percentile}`];

/** Counts, latencies, attainment and goodput of requests. @param durationS the time in which they arrived */
export function requestOutcomes(requests: readonly RequestRecord[], slaMs: number, durationS: number) {
  const count = (outcome: RequestRecord['outcome']) => requests.filter((r) => r.outcome === outcome).length;
  const sorted = sortedNumbers(requests.flatMap((r) => r.latencyMs ?? []));
  const inTime = sorted.filter((ms) => ms <= slaMs).length;
  return {
    completed: count('completed'),
    shed: count('shed'),
    failed: count('failed'),
    /** Latency percentiles of the completed requests; null if none completed. */
    latencyMs:
      sorted.length === 0
        ? null
        : {
            p50: nearestRank(sorted, 50),
            p95: nearestRank(sorted, 95),
            p99: nearestRank(sorted, 99),
            max: sorted.at(-1)!,
          },
    /** Share of the requests completed within the SLA; null if none was sent. */
    slaAttainment: requests.length ? inTime / requests.length : null,
    goodputPerS: inTime / durationS,
  };
}

/** The result of a run without accuracy and cost. A percentile is null if too few requests completed for it. */
export function requestResult(
  requests: readonly RequestRecord[],
  slaMs: number,
  durationS: number,
): Omit<RunResult, 'accuracy' | 'cost'> {
  const { latencyMs, ...summary } = requestOutcomes(requests, slaMs, durationS);
  const n = summary.completed;
  const of = (key: 'p50' | 'p95' | 'p99' | 'max', least = 1) => (n >= least ? latencyMs![key] : null);
  return {
    ...summary,
    latencyMs: {
      p50: of('p50'),
      p95: of('p95', samplesMin(95)),
      p99: of('p99', samplesMin(99)),
      max: of('max'),
      n,
    },
  };
}
