import { type MeasuredCell, roundTripsMs } from '../documents/cell.ts';
import type { IdentifiedProfile } from '../documents/profile.ts';
import type { Hop, ServiceFactors } from '../documents/serving.ts';
import { summaryOf } from '../math/statistics.ts';

/**
 * Returns the profile with its times corrected. A request waits for the core time that it takes, so its latency changes by as
 * much as its core time.
 */
export function corrected(
  { profile, sha256 }: IdentifiedProfile,
  factors: ServiceFactors,
): IdentifiedProfile {
  const { request = 1, hops = {}, batches = {} } = factors;
  const cells = profile.cells.map((cell) =>
    cell.state === 'measured' ? slowed(cell, batches[cell.backend] ?? 1) : cell,
  );
  const { serving } = profile;
  const each = (delays: Hop['latency'], change: (ms: number) => number) =>
    delays.map(({ percentile, delayMs }) => ({ percentile, delayMs: change(delayMs) }));
  const ways = serving?.hops?.map((hop) => ({
    ...hop,
    latency: each(hop.latency, (ms) => (hops[hop.stage] ?? 1) * ms),
  }));
  const changed = serving && {
    ...serving,
    requests: serving.requests.map((cost) => ({
      ...cost,
      coreMs: request * cost.coreMs,
      latency: each(cost.latency, (ms) => Math.max(0, ms + (request - 1) * cost.coreMs)),
    })),
    ...(ways && { hops: ways }),
  };
  const inService = withoutOnes(factors);
  return {
    sha256,
    profile: { ...profile, cells, ...(changed && { serving: changed }) },
    ...(inService && { inService }),
  };
}

/** The factors that correct something; undefined if none does. */
function withoutOnes({ request, hops = {}, batches = {} }: ServiceFactors): ServiceFactors | undefined {
  const changing = <F extends object>(all: F): F =>
    Object.fromEntries(Object.entries(all).filter(([, factor]) => factor !== 1)) as F;
  const [ofHops, ofBatches] = [changing(hops), changing(batches)];
  const some = {
    ...(request !== undefined && request !== 1 && { request }),
    ...(Object.keys(ofHops).length > 0 && { hops: ofHops }),
    ...(Object.keys(ofBatches).length > 0 && { batches: ofBatches }),
  };
  return Object.keys(some).length > 0 ? some : undefined;
}

function slowed(cell: MeasuredCell, factor: number): MeasuredCell {
  if (factor === 1) return cell;
  const times = (ms: readonly number[]) => ms.map((one) => factor * one);
  const { runsMs } = cell;
  const slower = {
    ...cell,
    inferenceMs: times(cell.inferenceMs),
    handlingMs: times(cell.handlingMs),
    ...(runsMs && {
      runsMs: Object.fromEntries(Object.entries(runsMs).map(([run, ms]) => [run, times(ms)])),
    }),
  };
  return { ...slower, latencyMs: summaryOf(roundTripsMs(slower)) };
}
