import { cpuCoresOf, type Plan, type PlanWorker } from '../documents/plan.ts';
import { combined } from '../ilp/core.ts';
import type { PlanRequest } from '../plan/request.ts';
import { MissBudget } from './budget.ts';
import { capacityPerS } from './capacity.ts';
import { diff, dividesMore, type LiveWorker } from './diff.ts';
import { atNearestRate, ifFeasible } from './infeasible.ts';
import { LiveWorkers } from './live-workers.ts';
import { neededRate } from './needed-rate.ts';
import { forecastPaths } from './paths.ts';
import { HORIZON_S } from './predictors/predictor.ts';
import type { StandingRequest } from './standing-request.ts';
import type { LoadState, System } from './system.ts';

/** The lowest rate that the system plans for: some plan must serve even while no requests arrive. */
export const RATE_PER_S_MIN = 0.1;
/** The system rounds planned rates up to powers of this ratio, so that a load that hardly changes keeps its plan. */
const STEP = 1.02;
/**
 * Fractions of the SLA that a plan may leave for queues. With a larger fraction, queues even out more of the load, which lowers
 * the rate to plan for, but less time remains for large batches and slow variants.
 */
const QUEUE_PARTS = [0, 0.3, 0.6];
/** A worker that takes longer to start counts as starting in this time. The limit bounds the length of the forecast's paths. */
const START_S_MAX = 600;
/** Expected lifetime of a plan. The system spreads the cost of running two plans at once during a switch over this time. */
const LASTS_S = 40;

type Limits = Pick<PlanRequest, 'current' | 'heldTwice' | 'keep'>;

/**
 * The system of this project, named `ours` in reports and commands (solver/README.md, "Adapting"). It considers the plans that
 * keep the percentile on the paths of the forecast, and chooses the one with the best objective, less the cost of replaced workers
 * until the new ones serve. Until the workers of a new plan have started, the running sessions change their batch sizes. If no
 * plan meets the SLA at the needed rate, the system plans for the nearest rate that has a plan. Its plans have shared CPU workers
 * only if there are too few cores otherwise, because a change between shared and own workers replaces all of them. Each run needs
 * a system of its own, because the system remembers which workers live and which misses were allowed.
 * @param planAt the planner; it throws InfeasiblePlanError if no plan meets a request
 * @param startMs how long a worker takes to start
 */
export function ipaEdgeSystem(
  planAt: (request: PlanRequest) => Promise<Plan>,
  { minRatePerS, ...request }: StandingRequest,
  startMs: (plan: Plan, worker: PlanWorker) => number,
): System {
  const { objective } = request;
  const live = new LiveWorkers();
  const budget = new MissBudget(request.percentile, request.slaMs);
  /** The share of the requests that may miss the SLA by the percentile. */
  const percentileShare = 1 - request.percentile / 100;
  /** The share of the coming requests that may miss the SLA, as the last decision set it. */
  let allowed = percentileShare;
  // The rate is the load of the busiest time that a plan must serve, so the plan may keep its replicas busy all the time.
  const resources = { ...request.resources, utilisationMax: 1 };
  const standing = { ...request, resources, sharing: false } as const;
  const startS = (plan: Plan) =>
    Math.min(START_S_MAX, Math.max(...plan.workers.map((worker) => startMs(plan, worker))) / 1000);

  /**
   * Plan requests, one for each of the fractions of the SLA that a plan may leave for queues. A request's rate is the lowest at
   * which at most `share` of the requests misses the SLA.
   */
  const requests = (
    load: LoadState,
    limits: Limits,
    serving: Plan | undefined,
    share = allowed,
  ): PlanRequest[] => {
    const startsS = serving && !limits.keep ? startS(serving) : 0;
    // However long the workers take to start, each path lasts a whole horizon after the new plan begins to serve.
    const paths = forecastPaths(load, Math.ceil(startsS) + HORIZON_S);
    const handover = {
      open: load.served?.open ?? 0,
      servingPerS: serving ? capacityPerS(serving) : 0,
      startS: startsS,
      allowed: share,
    };
    // If the system knows the misses so far, it lowers the allowed share after misses on a slow machine. So a plan needs no
    // reserve for slower batches.
    const reserve = load.served && ({ ifSlower: false } as const);
    return QUEUE_PARTS.map((part) => {
      const queueMs = part * request.slaMs;
      const ratePerS = roundedUp(
        Math.max(minRatePerS, neededRate(paths, { ...handover, queueS: queueMs / 1000 })),
      );
      return { ...standing, ...limits, ...reserve, ratePerS, ...(queueMs > 0 && { queueMs }) };
    });
  };
  const plansFor = async (asked: readonly PlanRequest[]): Promise<Plan[]> => {
    const plans: Plan[] = [];
    for (const one of asked) {
      const plan = await ifFeasible(planAt(one));
      if (plan) plans.push(plan);
    }
    return plans;
  };
  /**
   * A plan for the load that changes only the batch sizes of a plan's sessions; undefined if these sessions cannot serve the
   * load. Misses beyond the percentile's share can save workers, but other batch sizes of the same workers save nothing. So the
   * batch sizes are those of the least of a few shares with which these sessions serve the load.
   */
  const keeping = async (load: LoadState, plan: Plan): Promise<Plan | undefined> => {
    const more = Math.max(0, allowed - percentileShare);
    for (const share of new Set([allowed - more, allowed - more / 2, allowed]))
      for (const asked of requests(load, { keep: plan }, plan, share)) {
        const kept = await ifFeasible(planAt(asked));
        if (kept) return kept;
      }
    return undefined;
  };
  const nearest = ([asked]: readonly PlanRequest[]): Promise<Plan> =>
    atNearestRate((ratePerS) => planAt({ ...asked!, ratePerS }), asked!.ratePerS);
  const best = (plans: readonly Plan[], cost: (plan: Plan) => number): Plan | undefined => {
    const value = (plan: Plan) => objectiveOf(plan, objective) - objective.beta * cost(plan);
    return plans.reduce<Plan | undefined>((a, b) => (a && value(a) >= value(b) ? a : b), undefined);
  };

  return {
    name: 'ours',
    async plan(load, current, serving = current) {
      allowed = budget.next(load);
      if (!current) {
        const asked = requests(load, {}, undefined);
        return best(await plansFor(asked), () => 0) ?? nearest(asked);
      }
      live.follow(current);
      const kept = await keeping(load, live.withStandbys(current));
      const heldTwice = startS(current) / LASTS_S;
      const asked = requests(load, { current: current.stages, heldTwice }, serving);
      const free = await plansFor(asked);
      // A plan with more workers on a GPU may have the same objective as the kept plan, which would then stay at any load.
      const stays = kept && !free.some((plan) => dividesMore(plan, kept));
      const plans = [...(stays ? [kept] : []), ...free];
      const cost = (plan: Plan) => resources.pricePerCore * replacedCores(live.all, plan) * heldTwice;
      const chosen = best(plans, cost) ?? (await ifFeasible(nearest(asked))) ?? current;
      return chosen === kept ? kept : ((await keeping(load, chosen)) ?? chosen);
    },
    async interim(load, serving) {
      const asked = requests(load, { keep: serving }, serving);
      return (await keeping(load, serving)) ?? (await ifFeasible(nearest(asked))) ?? serving;
    },
    overtaken: ({ p90PerS }, countsPerS) => countsPerS.at(-1)! > p90PerS,
  };
}

const roundedUp = (ratePerS: number): number =>
  Math.max(RATE_PER_S_MIN, STEP ** Math.ceil(Math.log(ratePerS) / Math.log(STEP) - 1e-9));

/** Cores of the live workers that must serve until their replacements have started; 0 if no worker has to start. */
function replacedCores(live: readonly LiveWorker[], plan: Plan): number {
  const { start, retire } = diff(live, plan);
  if (start.length === 0) return 0;
  return cpuCoresOf({
    workers: live.filter(({ id }) => retire.includes(id)).map(({ planWorker }) => planWorker),
  });
}

/**
 * The objective of a plan (solver/README.md, "Planning") without the cost of a switch and without the weight of batch sizes, which
 * change at no cost. Ranks need all options of a stage, which a plan does not have, so the `rank-` methods use accuracies here. If
 * no accuracy is known, all count as 1.
 */
function objectiveOf(
  { stages, predicted }: Plan,
  { alpha, beta, accuracy }: PlanRequest['objective'],
): number {
  const accuracies = stages.flatMap((row, i) =>
    row.escalation ? [] : [stages[i + 1]?.escalation?.accuracy ?? row.accuracy ?? 1],
  );
  return alpha * combined(accuracies, accuracy) - beta * predicted.cost;
}
