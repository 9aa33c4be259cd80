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
import { constantLoad, type Load } from '../../workers/executor/load.ts';
import { baselinePlan, fastestBaseline, variantsByTime } from './baselines.ts';
import { combinations } from './combinations.ts';

/** Without --rate, the rate is this many times that of the heaviest variants answering one request at a time. */
const OVERLOAD = 1.5;
/** Without --duration, a run lasts until this many requests have arrived, within these limits in seconds. */
const RUN = { requests: 2500, minS: 20, maxS: 40 };

export interface BenchFlags {
  readonly sla?: number;
  readonly rate?: number;
  readonly duration?: number;
  readonly seed: number;
}

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

/**
 * Plans for the first backend by itself, then for all backends together. Leaves out backends that have no plan.
 * @param say gets a text that tells why backends are left out
 * @throws InfeasiblePlanError or NothingMeasuredError, of all backends together, if no backends have a plan
 */
export function backendSets(
  solver: Solver,
  measured: IdentifiedProfile,
  backends: readonly Backend[],
  flags: BenchFlags,
  say: (text: string) => void,
): BackendSet[] {
  const together = [...backends];
  const sets: BackendSet[] = [];
  for (const some of together.length > 1 ? [together.slice(0, 1), together] : [together])
    try {
      sets.push(backendSet(solver, measured, some, flags));
    } catch (error) {
      const hasNoPlan = error instanceof InfeasiblePlanError || error instanceof NothingMeasuredError;
      if (!hasNoPlan || (some === together && sets.length === 0)) throw error;
      say(`Nothing runs on ${some.join(' + ')}${some === together ? '' : ' alone'}. ${error.message}\n`);
    }
  return sets;
}

function backendSet(
  solver: Solver,
  measured: IdentifiedProfile,
  backends: Backend[],
  flags: BenchFlags,
): BackendSet {
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
  const durationS =
    flags.duration ?? Math.min(RUN.maxS, Math.max(RUN.minS, Math.round(RUN.requests / ratePerS)));
  const load = constantLoad(ratePerS, durationS, flags.seed);
  const requests = load.arrivalsMs.length;
  const packItems = drawPackItems(requests, profile.endToEnd[0]?.n ?? 1, flags.seed);
  return {
    ...{ backends, request, change, load },
    plans: {
      plan: chosen.plan,
      heaviest: baselinePlan(measured, heaviest, request, requests),
      lightest: baselinePlan(measured, variantsByTime(profile, 'lightest', backends), request, requests),
    },
    combinations: combinations(solver, measured, request, packItems),
  };
}
