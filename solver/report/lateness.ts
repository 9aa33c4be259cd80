import type { RequestRecord } from '../documents/run-report.ts';
import { nearestRank, sortedNumbers } from '../math/statistics.ts';

/** Requests that are sent later than this share of the SLA count as late. */
export const LATE_SHARE = 0.05;
/** Late requests may lower a run's attainment by at most this much. */
const LOWERED = 0.01;

/**
 * Whether a run's result shows the performance of its plan and not of a client that sends late. Latency counts from the scheduled
 * arrival, so a request that is sent late never looks faster, but it may look slower. Two conditions must hold:
 * - The p95 latency counted from the sending is lower than that from the arrival by at most {@link LATE_SHARE} of the SLA.
 * - Without late sending, the attainment would be higher by at most {@link LOWERED}. The attainment of the requests that were not
 *   late stands for it. If more than half of the requests were late, the rest is too small a sample: then all requests count, late
 *   ones with their latency from the sending.
 * @param latenessMs for each request, the time at which it was sent minus its scheduled arrival
 */
export function isValid(
  requests: readonly Pick<RequestRecord, 'latencyMs'>[],
  latenessMs: readonly number[],
  slaMs: number,
): boolean {
  const lateMs = (i: number) => Math.max(0, latenessMs[i] ?? 0);
  const mostMs = LATE_SHARE * slaMs;
  const latencies = requests.flatMap(({ latencyMs }) => latencyMs ?? []);
  const fromSending = requests.flatMap(({ latencyMs }, i) =>
    latencyMs === null ? [] : latencyMs - lateMs(i),
  );
  const onTime = requests.filter((_, i) => lateMs(i) <= mostMs);
  const withoutLateness =
    2 * onTime.length >= requests.length
      ? onTime
      : requests.map((request, i) =>
          lateMs(i) <= mostMs ? request : { latencyMs: (request.latencyMs ?? 0) - lateMs(i) },
        );
  return (
    p95(latencies) - p95(fromSending) <= mostMs &&
    attainment(withoutLateness, slaMs) - attainment(requests, slaMs) <= LOWERED
  );
}

const p95 = (latencies: readonly number[]): number =>
  latencies.length > 0 ? nearestRank(sortedNumbers(latencies), 95) : 0;

/** Share of requests completed within the SLA; 1 if there are none. */
const attainment = (requests: readonly Pick<RequestRecord, 'latencyMs'>[], slaMs: number): number =>
  requests.length > 0
    ? requests.filter(({ latencyMs }) => latencyMs !== null && latencyMs <= slaMs).length / requests.length
    : 1;
