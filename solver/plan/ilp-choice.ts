import type { Plan } from '../documents/plan.ts';
import type { Solution } from '../documents/problem.ts';
import type { Profile } from '../documents/profile.ts';
import type { Solver } from '../ilp/solve.ts';
import { meanDelayMs } from './delays.ts';
import { InfeasiblePlanError } from './errors.ts';
import { nearestRate } from './nearest-rate.ts';
import { optionsAtRate, type PlanOptions } from './options.ts';
import { type CpuWorkers, planHead, planRows, planWorkers } from './plan-document.ts';
import { type PlanOption, pasOf } from './plan-option.ts';
import type { IlpRequest, PlanRequest } from './request.ts';
import { requestCostOf } from './serving.ts';
import { type StageFacts, stageFacts } from './stage-facts.ts';
import { rewardAtMost, upstreamChoices } from './upstream.ts';
import { withWorkerSharing } from './worker-sharing.ts';

type Optimal = Extract<Solution, { status: 'optimal' }>;

/** The plan that the integer program chose, before anything is simulated. */
export interface IlpChoice {
  /** The plan without its date, the hash of its profile, and its prediction. */
  readonly plan: Omit<Plan, 'createdAt' | 'profile' | 'predicted'>;
  /** Latency bound of the plan: Σ T over the stages. */
  readonly boundMs: number;
  /** Product of the stages' accuracies, however the objective combines them; null where none is known. */
  readonly pas: number | null;
  readonly cost: number;
  readonly solution: Optimal;
}

/** Why no choice of options meets a request: what an {@link InfeasiblePlanError} tells without a search for the nearest rate. */
export type Refusal = Pick<InfeasiblePlanError, 'binding' | 'nearestSlaMs'>;

/** The error of a refused request, with the nearest rate that is feasible, which takes many solves to find. */
export function infeasible(
  solver: Solver,
  measured: Profile,
  asked: PlanRequest,
  { binding, nearestSlaMs }: Refusal,
): InfeasiblePlanError {
  const { profile, request } = withWorkerSharing(measured, asked);
  return new InfeasiblePlanError(asked, binding, nearestSlaMs, nearestRate(solver, profile, request));
}

/**
 * The best plan by the integer program (README, "Planning").
 * @throws NothingMeasuredError if a stage has no cell to plan with
 * @throws InfeasiblePlanError if nothing meets the SLA, with the nearest SLA and the nearest rate that are feasible
 */
export function solveIlp(solver: Solver, measured: Profile, asked: PlanRequest): IlpChoice {
  const chosen = chooseIlp(solver, measured, asked);
  if ('binding' in chosen) throw infeasible(solver, measured, asked, chosen);
  return chosen;
}

/** Does what {@link solveIlp} does, for callers to whom another rate is of no use. @throws NothingMeasuredError */
export function chooseIlp(solver: Solver, measured: Profile, asked: PlanRequest): IlpChoice | Refusal {
  const { profile, request } = withWorkerSharing(measured, asked);
  const found = chooseOf(solver, profile, request);
  const mayLack = request.downshift && request.resources.memoryBytes !== undefined;
  // The memory may have room for the plan, but not for its standbys.
  return 'binding' in found && mayLack ? chooseOf(solver, profile, { ...request, standbys: false }) : found;
}

/** The best solution among the programs of a request; otherwise the refusal with the shortest SLA that works. */
function chooseOf(solver: Solver, profile: Profile, request: IlpRequest): IlpChoice | Refusal {
  const programs = upstreamChoices(profile, request)
    .map((program) => {
      const facts = stageFacts(profile, program);
      return { program, facts, reward: rewardAtMost(facts, program) };
    })
    .sort((a, b) => b.reward - a.reward);
  let best: IlpChoice | undefined;
  const refused: Refusal[] = [];
  for (const { program, facts, reward } of programs) {
    // The remaining programs have lower rewards, and costs only lower an objective, so none of them can do better.
    if (best && reward <= best.solution.objective) break;
    const found = solveProgram(solver, profile, program, facts);
    if ('binding' in found) refused.push(found);
    else if (!best || found.solution.objective > best.solution.objective) best = found;
  }
  if (best) return best;
  const nearest = refused.reduce((least, one) => (slaOf(one) < slaOf(least) ? one : least));
  if (refused.length === 1 || nearest.nearestSlaMs !== null) return nearest;
  // No program works with any SLA, so what binds is told of all variants, not of one.
  const whole = solveProgram(solver, profile, request, stageFacts(profile, request));
  return 'binding' in whole ? whole : nearest;
}

const slaOf = ({ nearestSlaMs }: Refusal): number => nearestSlaMs ?? Number.POSITIVE_INFINITY;

function solveProgram(
  solver: Solver,
  profile: Profile,
  request: IlpRequest,
  facts: readonly StageFacts[],
): IlpChoice | Refusal {
  const offered = optionsAtRate(facts, request);
  if (offered.overloaded.length > 0) return { binding: offered.overloaded.join('; '), nearestSlaMs: null };
  const solution = solver.solve(offered.problem);
  if (solution.status === 'infeasible') return solution;

  const options = chosenOptions(offered, solution.choice);
  const stages = planRows(profile, options);
  const cost = requestCostOf(profile);
  return {
    plan: {
      ...planHead(profile, request),
      stages,
      workers: planWorkers(stages, 'shared', cpuWorkersFor(request)),
      shedding: 'late',
      ...(request.downshift && { downshift: true }),
      ...(request.cascades === false && { cascades: false }),
      ...(cost && { servingMs: meanDelayMs(cost.latency) }),
      certificate: certificate(solution),
    },
    boundMs: solution.latencyMs,
    pas: pasOf(profile, options),
    cost: solution.cost,
    solution,
  };
}

const cpuWorkersFor = ({ sharedThreads, apart }: IlpRequest): CpuWorkers => {
  if (sharedThreads !== undefined) return 'shared';
  return apart ? 'apart' : 'per-replica';
};

/** The options that a solution chose, in the order of the stages. */
export const chosenOptions = (
  { problem, byId }: PlanOptions,
  choice: Readonly<Record<string, string>>,
): PlanOption[] => problem.stages.map((stage, s) => byId[s]!.get(choice[stage.name]!)!);

const certificate = ({ objective, bound, nodes, solveMs }: Optimal): string =>
  `optimal: objective ${objective.toPrecision(6)}, bound ${bound.toPrecision(6)}, ` +
  `${nodes} ${nodes === 1 ? 'node' : 'nodes'}, ${solveMs.toFixed(1)} ms`;
