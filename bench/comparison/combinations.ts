import { addScores, metricOf, NO_SCORE, type Score } from '../../models/tasks/score.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import {
  backendsOf,
  type IdentifiedProfile,
  type Profile,
  packItemScores,
} from '../../solver/documents/profile.ts';
import type { Combination } from '../../solver/documents/report.ts';
import type { Solver } from '../../solver/ilp/solve.ts';
import { sum } from '../../solver/math/statistics.ts';
import { NothingMeasuredError } from '../../solver/plan/errors.ts';
import { chooseIlp, type Refusal } from '../../solver/plan/ilp-choice.ts';
import { tryPlan } from '../../solver/plan/planner.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { completePlan } from '../../solver/plan/simulated-plan.ts';
import { workerSharings } from '../../solver/plan/worker-sharing.ts';
import { onlyVariants } from './baselines.ts';

/** Most combinations to list, because their number is the product of the stages' numbers of variants. */
const CHOICES_MAX = 512;

/**
 * Lists the combinations of variants that have a plan for this rate, each with its best plan: if none keeps the SLA, the one with
 * the highest attainment. Empty if there are more than 512 combinations.
 * @param next is awaited before each combination, with the finished share from 0 to 1, so that it can show progress and stop
 * @param packItems indices of the items on which to count accuracy, e.g. those sent in a run; all by default
 * @throws what `next` throws
 */
export async function combinations(
  solver: Solver,
  measured: IdentifiedProfile,
  request: PlanRequest,
  next: (done: number) => Promise<void>,
  packItems?: ArrayLike<number>,
): Promise<Combination[]> {
  const { profile } = measured;
  const choices = profile.stages.reduce<Record<string, string>[]>(
    (soFar, { name, variants }) =>
      soFar.flatMap((choice) => variants.map((v) => ({ ...choice, [name]: v.name }))),
    [{}],
  );
  if (choices.length > CHOICES_MAX) return [];
  const found: Combination[] = [];
  for (const [i, variants] of choices.entries()) {
    await next(i / choices.length);
    const best = combination(solver, measured, request, variants, packItems);
    if (best) found.push(best);
  }
  return found;
}

function combination(
  solver: Solver,
  measured: IdentifiedProfile,
  request: PlanRequest,
  variants: Record<string, string>,
  packItems: ArrayLike<number> | undefined,
): Combination | undefined {
  const restricted: PlanRequest = { ...request, restrictTo: onlyVariants(variants) };
  try {
    const found = tryPlan(solver, measured, restricted);
    if (!('binding' in found)) return combinationOf(measured.profile, request, found, null, packItems);
    const best = bestInfeasible(solver, measured, restricted, found);
    return best && combinationOf(measured.profile, request, best, found.binding, packItems);
  } catch (error) {
    if (error instanceof NothingMeasuredError) return undefined;
    throw error;
  }
}

/**
 * Plans an infeasible request for the nearest feasible SLA, and with no limit on SLA and utilisation. Returns the plan with the
 * highest attainment. Each way to divide the stages among workers is planned by itself, because the nearest SLA may be feasible
 * in only one of them. Undefined if there is no plan even then, e.g. for want of a GPU.
 */
function bestInfeasible(
  solver: Solver,
  measured: IdentifiedProfile,
  request: PlanRequest,
  why: Refusal,
): Plan | undefined {
  const unlimited = { ...request.resources, utilisationMax: Number.MAX_VALUE };
  const relaxed: PlanRequest[] = [{ ...request, slaMs: Number.MAX_VALUE, resources: unlimited }];
  if (why.nearestSlaMs !== null) relaxed.push({ ...request, slaMs: why.nearestSlaMs * (1 + 1e-9) });
  const plans = relaxed
    .flatMap((within) => workerSharings(measured.profile, within))
    .flatMap((input) => {
      const found = chooseIlp(solver, input);
      if (!found || 'binding' in found) return [];
      const { plan: chosen, ...choice } = found;
      const asked = { ...chosen, slaMs: request.slaMs, resources: request.resources };
      return [completePlan(measured, asked, choice)];
    });
  return plans.reduce<Plan | undefined>(
    (best, next) => (best && best.predicted.slaAttainment >= next.predicted.slaAttainment ? best : next),
    undefined,
  );
}

function combinationOf(
  profile: Profile,
  request: PlanRequest,
  { stages, predicted }: Plan,
  binding: string | null,
  packItems: ArrayLike<number> | undefined,
): Combination {
  return {
    backends: [...(request.backends ?? backendsOf(profile))],
    variants: Object.fromEntries(stages.map(({ name, variant }) => [name, variant])),
    pas: predicted.pas,
    endToEnd: packItems ? scoreOnItems(profile, stages, packItems) : predicted.endToEnd,
    endToEndOnPack: predicted.endToEnd,
    feasible: binding === null,
    binding: binding === null ? null : binding.slice(0, 400),
    batches: Object.fromEntries(stages.map(({ name, batch }) => [name, batch])),
    boundMs: predicted.boundMs,
    p95Ms: predicted.latencyMs?.p95 ?? null,
    slaAttainment: predicted.slaAttainment,
    cost: predicted.cost,
    gpuShare: sum(stages.map(({ gpuShare }) => gpuShare)),
  };
}

/**
 * The pipeline's score over these items of the pack, counting repeated items each time: earned ÷ possible points. Null if the
 * profile has no scores of this combination.
 */
function scoreOnItems(profile: Profile, stages: Plan['stages'], packItems: ArrayLike<number>): number | null {
  const measured = profile.endToEnd.find(({ variants }) =>
    stages.every((s) => variants[s.name] === s.variant),
  );
  if (!measured) return null;
  const scores = packItemScores(measured);
  const ofItems = Array.from(packItems, (packItem): Score => {
    const [earned, possible] = scores[packItem]!;
    return { earned, possible };
  });
  return metricOf(ofItems.reduce(addScores, NO_SCORE));
}
