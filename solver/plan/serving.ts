import { interpolate } from '../dispatch/interpolate.ts';
import { type MeasuredCell, roundTripsMs } from '../documents/cell.ts';
import { type Backend, onGpu } from '../documents/common.ts';
import type { BatchPauses, Pauses } from '../documents/pauses.ts';
import type { Profile } from '../documents/profile.ts';
import type { Hop, RequestCost } from '../documents/serving.ts';
import { getOrMake } from '../math/maps.ts';
import { mean } from '../math/statistics.ts';
import { delayAtMs, meanDelayMs, percentileOfRun } from './delays.ts';

/**
 * This file reads from a profile what serving costs beside the models. A request takes time and a share of the serving thread. In
 * a cluster, where a profile has hops, each batch also takes time for its way to a pod and back.
 */

type WithServing = Pick<Profile, 'serving'>;

/**
 * What one request costs the agent if its body has the form that a plan is for; undefined if the profile did not measure that
 * form.
 */
export const requestCostOf = (
  { serving }: WithServing,
  { body = 'binary' }: { readonly body?: RequestCost['body'] | undefined },
): RequestCost | undefined => serving?.requests.find((cost) => cost.body === body);

/** Whether plans on a profile are for pods behind a gateway. */
export const forPods = ({ serving }: WithServing): boolean => serving?.hops !== undefined;

/** The profile without hops, for plans on this machine, where no batch goes to a pod. */
export function withoutHops<P extends WithServing>(profile: P): P {
  if (!profile.serving?.hops) return profile;
  const { hops: _, ...serving } = profile.serving;
  return { ...profile, serving };
}

/** Mean time of a batch on its way to a pod and back; undefined without hops. */
export const hopMeanMs = (profile: WithServing, stage: string, items: number): number | undefined =>
  ofHops(profile, stage, ({ latency }) => meanDelayMs(latency))?.(items);

/**
 * Returns a function that gives a quantity of a stage's hops for a number of items, interpolated between the measured numbers.
 * Undefined without hops.
 */
function ofHops(
  { serving }: WithServing,
  stage: string,
  quantity: (hop: Hop) => number,
): ((items: number) => number) | undefined {
  const hops = serving?.hops?.filter((hop) => hop.stage === stage).sort((a, b) => a.items - b.items) ?? [];
  if (hops.length === 0) return undefined;
  const sizes = hops.map(({ items }) => items);
  const values = hops.map(quantity);
  return (items) => interpolate(sizes, (i) => values[i]!, items);
}

/** Core time of a batch on its way to a pod and back: on the gateway's thread, and in the pod. Undefined without hops. */
export function hopCoresMs(
  profile: WithServing,
  stage: string,
  items: number,
): { readonly gatewayMs: number; readonly podMs: number } | undefined {
  const gatewayMs = ofHops(profile, stage, (hop) => hop.gatewayMs);
  const podMs = ofHops(profile, stage, (hop) => hop.podMs);
  return gatewayMs && podMs && { gatewayMs: gatewayMs(items), podMs: podMs(items) };
}

/** How much longer a request or a batch takes after a pause, at a percentile. */
export type PauseDelay = (idleMs: number, percentile: number) => number;

/** Returns a function that gives how much longer a request takes if the server was idle before; 0 if it was not measured. */
export const requestPause = ({ serving }: WithServing): PauseDelay => afterPause(serving?.requestPauses);

/**
 * Returns a function that gives how much longer a batch's way to a pod and back takes after a pause; undefined without hops, or
 * if that was not measured.
 */
export const hopPause = ({ serving }: WithServing): PauseDelay | undefined =>
  serving?.hops && serving.hopPauses && afterPause(serving.hopPauses);

/**
 * Returns a function that gives how much longer a stage's batch on a backend takes after a pause of its session; undefined if
 * that was not measured.
 */
export function batchPause(
  { serving, batchPauses }: WithServing & Pick<Profile, 'batchPauses'>,
  stage: string,
  backend: Backend,
): PauseDelay | undefined {
  const pauses =
    pausesOf(batchPauses, stage, backend)?.pauses ?? (onGpu(backend) ? undefined : serving?.pauses);
  return pauses && afterPause(pauses);
}

/** Finds the entry of a profile for a stage's batches after pauses. An older profile has one entry for all stages. */
const pausesOf = (batchPauses: BatchPauses = [], stage: string, backend: Backend) =>
  batchPauses.find((one) => one.backend === backend && (one.stage ?? stage) === stage);

/**
 * Returns a function that gives how much of a batch's time passes during the batch before, on average by number of items, if the
 * worker gets the batch early enough: the whole way to a pod and back, and the measured share of the handling.
 * @param cells the session's measured cells
 */
export function overlapOf(
  profile: WithServing & Pick<Profile, 'batchPauses'>,
  { name, backend }: { readonly name: string; readonly backend: Backend },
  cells: readonly MeasuredCell[],
): (items: number) => number {
  const { overlap = 0 } = pausesOf(profile.batchPauses, name, backend) ?? {};
  const rising = cells.toSorted((a, b) => a.batch - b.batch);
  const sizes = rising.map(({ batch }) => batch);
  const handlingMs = (i: number) => overlap * mean(rising[i]!.handlingMs);
  const known = new Map<number, number>();
  const overlapMs = (items: number) =>
    interpolate(sizes, handlingMs, items) + (hopMeanMs(profile, name, items) ?? 0);
  return (items) => getOrMake(known, items, overlapMs);
}

/** The middles of twenty equal shares of a distribution. */
const SHARES = Array.from({ length: 20 }, (_, i) => (i + 0.5) / 20);

/**
 * The mean delay of batches that arrive at a worker at random, every `betweenMs` on average. A batch is delayed only if it finds
 * the worker idle. The worker's idle periods are exponentially distributed, and their mean is the mean time between arrivals
 * (M/G/1 queue).
 * @param busy the fraction of the time in which the worker runs batches
 */
export const meanAfterPausesMs = (delay: PauseDelay, betweenMs: number, busy: number): number =>
  Math.max(0, 1 - busy) *
  mean(
    SHARES.map((share) => {
      const idleMs = -betweenMs * Math.log(1 - share);
      return mean(SHARES.map((of) => delay(idleMs, 100 * of)));
    }),
  );

/**
 * Returns a function that interpolates the delay between the measured pauses. After a longer pause, the delay is that of the
 * longest measured one; if no pause was measured, the delay is 0.
 */
function afterPause(pauses: Pauses = []): PauseDelay {
  const lengthsMs = [0, ...pauses.map(({ pauseMs }) => pauseMs)];
  const longestMs = lengthsMs.at(-1)!;
  return (idleMs, percentile) => {
    const after = (i: number) => (i === 0 ? 0 : delayAtMs(pauses[i - 1]!.delays, percentile));
    return interpolate(lengthsMs, after, Math.min(idleMs, longestMs));
  };
}

/** Round trips of a cell's batches, in the order of its runs: with the way to a pod and back where the profile has hops. */
export function batchTimesMs(profile: WithServing, cell: MeasuredCell): number[] {
  const roundTrips = roundTripsMs(cell);
  if (!forPods(profile)) return roundTrips;
  const hopMs = HOP_PERCENTILES.map(
    (percentile) =>
      ofHops(profile, cell.stage, ({ latency }) => delayAtMs(latency, percentile))?.(cell.batch) ?? 0,
  );
  return roundTrips.map((ms, run) => ms + hopMs[Math.floor(percentileOfRun(run))]!);
}

/** The middles of a hundred equal shares of the runs. */
const HOP_PERCENTILES = Array.from({ length: 100 }, (_, i) => i + 0.5);
