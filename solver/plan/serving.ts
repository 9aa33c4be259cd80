import { interpolate } from '../dispatch/interpolate.ts';
import { type MeasuredCell, roundTripsMs } from '../documents/cell.ts';
import type { Hop, Pauses, Profile, RequestCost } from '../documents/profile.ts';
import { delayAtMs, percentileOfRun } from './delays.ts';

/**
 * This file reads from a profile what serving costs beside the models. A request costs time and a share of the serving thread;
 * in a cluster, where a profile has hops, each batch also costs its way to a pod and back.
 */

type Served = Pick<Profile, 'serving'>;

/**
 * What a request costs that carries its item as bytes, the form that clients with large items should use; undefined if it was
 * not measured.
 */
export const requestCostOf = ({ serving }: Served): RequestCost | undefined =>
  serving?.requests.find(({ body }) => body === 'binary') ?? serving?.requests[0];

/** Whether plans on a profile are for pods behind a gateway. */
export const forPods = ({ serving }: Served): boolean => serving?.hops !== undefined;

/** The same profile for plans on this machine, where no batch has a way to go. */
export function withoutHops<P extends Served>(profile: P): P {
  if (!profile.serving?.hops) return profile;
  const { hops: _, ...serving } = profile.serving;
  return { ...profile, serving };
}

/** A quantity of a stage's hops for a batch of so many items, interpolated between the measured ones; undefined without hops. */
function ofHop(
  { serving }: Served,
  stage: string,
  items: number,
  quantity: (hop: Hop) => number,
): number | undefined {
  const hops = serving?.hops?.filter((hop) => hop.stage === stage).sort((a, b) => a.items - b.items) ?? [];
  if (hops.length === 0) return undefined;
  return interpolate(
    hops.map((hop) => hop.items),
    (i) => quantity(hops[i]!),
    items,
  );
}

/** Core time of a batch on its way to a pod and back: on the gateway's thread, and in the pod. Undefined without hops. */
export function hopCoresMs(
  profile: Served,
  stage: string,
  items: number,
): { readonly gatewayMs: number; readonly podMs: number } | undefined {
  const gatewayMs = ofHop(profile, stage, items, (hop) => hop.gatewayMs);
  const podMs = ofHop(profile, stage, items, (hop) => hop.podMs);
  return gatewayMs === undefined || podMs === undefined ? undefined : { gatewayMs, podMs };
}

/** How much longer a request to a server takes that was idle before, at a percentile. */
export const requestPauseMs = ({ serving }: Served, idleMs: number, percentile: number): number =>
  afterPauseMs(serving?.requestPauses, idleMs, percentile);

/** How much longer a batch takes whose worker was idle before, at a percentile; in a cluster with its way to a pod. */
export const batchPauseMs = ({ serving }: Served, idleMs: number, percentile: number): number =>
  afterPauseMs(serving?.pauses, idleMs, percentile) +
  (serving?.hops ? afterPauseMs(serving.hopPauses, idleMs, percentile) : 0);

/** Between pauses that were measured the delay is interpolated; after longer ones it is that of the longest. */
function afterPauseMs(pauses: Pauses = [], idleMs: number, percentile: number): number {
  const after = (i: number) => (i === 0 ? 0 : delayAtMs(pauses[i - 1]!.delays, percentile));
  const longestMs = pauses.at(-1)?.pauseMs ?? 0;
  return interpolate([0, ...pauses.map(({ pauseMs }) => pauseMs)], after, Math.min(idleMs, longestMs));
}

/** Round trips of a cell's batches, in the order of its runs: with the way to a pod and back where the profile has hops. */
export function batchTimesMs(profile: Served, cell: MeasuredCell): number[] {
  const roundTrips = roundTripsMs(cell);
  const hopMs = (percentile: number) =>
    ofHop(profile, cell.stage, cell.batch, ({ latency }) => delayAtMs(latency, percentile)) ?? 0;
  return forPods(profile) ? roundTrips.map((ms, run) => ms + hopMs(percentileOfRun(run))) : roundTrips;
}
