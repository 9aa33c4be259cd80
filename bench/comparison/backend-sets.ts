import { setImmediate } from 'node:timers/promises';
import type { Backend } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { BenchReport } from '../../solver/documents/report.ts';
import type { Solver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError, NothingMeasuredError } from '../../solver/plan/errors.ts';
import { plan } from '../../solver/plan/planner.ts';
import { type PlanRequest, planRequest } from '../../solver/plan/request.ts';
import { slaByRule } from '../../solver/plan/sla.ts';
import { planWithinReach } from '../../solver/plan/within-reach.ts';
import { drawPackItems } from '../../solver/simulate/fanout.ts';
import { Interrupted } from '../../workers/command/exit.ts';
import type { ProgressLine } from '../../workers/command/terminal.ts';
import { constantLoad, type Load } from '../../workers/executor/load.ts';
import { baselinePlan, fastestBaseline, variantsByTime } from './baselines.ts';
import { combinations } from './combinations.ts';

/** Without --rate, the rate is this many times that of the heaviest variants answering one request at a time. */
const OVERLOAD = 1.5;
/** Without --duration, a run lasts until this many requests have arrived, within these limits in seconds. */
const RUN = { requests: 2500, minS: 20, maxS: 40 };

/** The options of `bench` that decide on the load and the SLA. */
export interface LoadFlags {
  readonly sla?: number;
  readonly rate?: number;
  readonly duration?: number;
  readonly seed: number;
}

/** Seconds until a number of requests has arrived at a rate, within limits. */
export const durationFor = ({ requests, minS, maxS }: typeof RUN, ratePerS: number): number =>
  Math.min(maxS, Math.max(minS, Math.round(requests / ratePerS)));

/** The load of a run at a rate. @throws NoRequestsError, TooManyRequestsError */
export const loadAt = (ratePerS: number, { duration, seed }: LoadFlags): Load =>
  constantLoad(ratePerS, duration ?? durationFor(RUN, ratePerS), seed);

/** Backends to plan for together, and the plans on them. */
export interface BackendSet {
  readonly backends: Backend[];
  readonly request: PlanRequest;
  /** Says what differs from the rate and SLA asked for, because no plan was within reach; null if nothing differs. */
  readonly change: string | null;
  readonly load: Load;
  readonly plans: { readonly plan: Plan; readonly heaviest: Plan; readonly lightest: Plan };
  readonly combinations: BenchReport['combinations'];
}

export interface Attended {
  /** Gets a text for the user, e.g. why backends are left out. */
  say(text: string): void;
  readonly progress: Pick<ProgressLine, 'share' | 'clear'>;
  readonly signal: AbortSignal;
}

/**
 * Plans for the first backend by itself, then for all backends together. Leaves out backends that have no plan.
 * @throws InfeasiblePlanError or NothingMeasuredError, of all backends together, if no backends have a plan; Interrupted
 */
export async function backendSets(
  solver: Solver,
  measured: IdentifiedProfile,
  backends: readonly Backend[],
  flags: LoadFlags,
  { say, progress, signal }: Attended,
): Promise<BackendSet[]> {
  const together = [...backends];
  const sets: BackendSet[] = [];
  for (const some of together.length > 1 ? [together.slice(0, 1), together] : [together]) {
    const startMs = performance.now();
    const next = async (done: number) => {
      progress.share(`planning for ${some.join(' + ')}`, done, startMs);
      // Node handles signals such as Ctrl-C only between two tasks of the event loop.
      await setImmediate();
      throwIfStopped(signal);
    };
    try {
      await next(0);
      sets.push(await backendSet(solver, measured, some, flags, next).finally(progress.clear));
    } catch (error) {
      const hasNoPlan = error instanceof InfeasiblePlanError || error instanceof NothingMeasuredError;
      if (!hasNoPlan || (some === together && sets.length === 0)) throw error;
      say(`${some.join(' + ')}${some === together ? '' : ' alone'} is left out: ${error.message}\n`);
    }
  }
  return sets;
}

/** @throws Interrupted if the signal was aborted after a profile was measured */
export function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new Interrupted('Stopped. The profile is kept; unfinished runs are not.');
}

async function backendSet(
  solver: Solver,
  measured: IdentifiedProfile,
  backends: Backend[],
  flags: LoadFlags,
  next: (done: number) => Promise<void>,
): Promise<BackendSet> {
  const { profile } = measured;
  const allowed = profile.cells.filter((cell) => backends.includes(cell.backend));
  const slaMs =
    flags.sla ??
    slaByRule(
      allowed,
      profile.stages.map((stage) => stage.name),
      profile.fanOut,
      profile.coRun.filter(({ backend }) => backends.includes(backend)),
    );
  const heaviest = variantsByTime(profile, 'heaviest', backends);
  const at = (ratePerS: number) => planRequest(profile, { slaMs, ratePerS, backends });
  const { request, change, ...chosen } = planWithinReach(
    (asked) => plan(solver, measured, asked),
    at(flags.rate ?? (OVERLOAD * 1000) / fastestBaseline(profile, heaviest, at(1)).meanMs),
    { rate: flags.rate !== undefined, sla: flags.sla !== undefined },
  );
  const { ratePerS } = request;
  const load = loadAt(ratePerS, flags);
  const requests = load.arrivalsMs.length;
  const packItems = drawPackItems(requests, profile.endToEnd[0]?.n ?? 1, flags.seed);
  return {
    ...{ backends, request, change, load },
    plans: {
      plan: chosen.plan,
      heaviest: baselinePlan(measured, heaviest, request, requests),
      lightest: baselinePlan(measured, variantsByTime(profile, 'lightest', backends), request, requests),
    },
    combinations: await combinations(solver, measured, request, next, packItems),
  };
}
