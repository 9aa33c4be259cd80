import type { Plan } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import type { Optimal, Solver } from '../ilp/solve.ts';
import { counted, precisePercent } from '../math/figures.ts';
import { meanDelayMs } from './delays.ts';
import { InfeasiblePlanError } from './errors.ts';
import { rowsIn } from './gpu-workers.ts';
import { nearestRate } from './nearest-rate.ts';
import { optionsAtRate, type PlanOptions } from './options.ts';
import { type CpuWorkers, planHead, planRows, planWorkers } from './plan-document.ts';
import { type PlanOption, pasOf } from './plan-option.ts';
import { type IlpRequest, type PlanRequest, standbysMayLackRoom } from './request.ts';
import { requestCostOf } from './serving.ts';
import { type StageFacts, stageFacts } from './stage-facts.ts';
import { integerProgramsOf, rewardAtMost } from './upstream.ts';
import { type IlpInput, workerSharings } from './worker-sharing.ts';

/** The plan that the integer program chose, before anything is simulated. */
export interface IlpChoice {
  /** The plan without its date, the hash of its profile, and its prediction. */
  readonly plan: Omit<Plan, 'createdAt' | 'profile' | 'predicted'>;
  /** Whether the plan has the workers that run already; otherwise its stages on a GPU may still get workers of their own. */
  readonly keepsWorkers: boolean;
  /** Latency bound of the plan: Σ T over the stages. */
  readonly boundMs: number;
  /** The product of the stages' accuracies, however the objective combines them; null if no variant has a known accuracy. */
  readonly pas: number | null;
  readonly cost: number;
  readonly solution: Optimal;
}

/**
 * Why no choice of options meets a request: the facts of an {@link InfeasiblePlanError} that need no search for the nearest rate.
 */
export type Refusal = Pick<InfeasiblePlanError, 'binding' | 'nearestSlaMs'>;

/** Makes the error for a refused request. This is slow, because finding the nearest feasible rate takes many solves. */
export function infeasible(
  solver: Solver,
  measured: Profile,
  asked: PlanRequest,
  { binding, nearestSlaMs }: Refusal,
): InfeasiblePlanError {
  const rates = workerSharings(measured, asked)
    .map(({ profile, request }) => nearestRate(solver, profile, request))
    .filter((ratePerS) => ratePerS !== null)
    .sort((a, b) => Math.abs(a - asked.ratePerS) - Math.abs(b - asked.ratePerS));
  return new InfeasiblePlanError(asked, binding, nearestSlaMs, rates[0] ?? null);
}

/**
 * The best plan by the integer program (solver/README.md, "Planning").
 * @throws NothingMeasuredError if a stage has no cell to plan with
 * @throws InfeasiblePlanError if nothing meets the SLA, with the nearest SLA and the nearest rate that are feasible
 */
export function solveIlp(solver: Solver, measured: Profile, asked: PlanRequest): IlpChoice {
  let best: IlpChoice | undefined;
  const refused: Refusal[] = [];
  for (const input of workerSharings(measured, asked)) {
    const found = chooseIlp(solver, input, best?.solution.objective);
    if (found && 'binding' in found) refused.push(found);
    else best = found ?? best;
  }
  if (best) return best;
  throw infeasible(solver, measured, asked, leastRefused(refused));
}

/**
 * Like {@link solveIlp}, but for one way to divide the stages among workers, and without the search for another rate. Standbys
 * give way if no choice with them is feasible.
 * @param above objective that the choice must exceed; the result is undefined if no choice does
 */
export function chooseIlp(
  solver: Solver,
  { profile, request }: IlpInput,
  above?: number,
): IlpChoice | Refusal | undefined {
  const found = chooseOf(solver, profile, request, above);
  if (!standbysMayLackRoom(request)) return found;
  const any = found ?? chooseOf(solver, profile, request);
  return any && 'binding' in any ? chooseOf(solver, profile, { ...request, standbys: false }, above) : found;
}

/** The refusal with the shortest feasible SLA; the first one if no SLA is feasible for any of them. */
export const leastRefused = (refused: readonly Refusal[]): Refusal =>
  refused.reduce((least, one) => (slaOf(one) < slaOf(least) ? one : least));

/** The best solution among a request's programs; if all are infeasible, a refusal; undefined if no solution exceeds `above`. */
function chooseOf(
  solver: Solver,
  profile: Profile,
  request: IlpRequest,
  above = Number.NEGATIVE_INFINITY,
): IlpChoice | Refusal | undefined {
  const programs = integerProgramsOf(profile, request)
    .map((one) => ({ ...one, reward: rewardAtMost(one) }))
    .sort((a, b) => b.reward - a.reward);
  let best: IlpChoice | undefined;
  const refused: Refusal[] = [];
  for (const { program, facts, reward } of programs) {
    const least = best?.solution.objective ?? above;
    // The remaining programs have no higher rewards, and costs only lower an objective, so none of them can do better.
    if (reward <= least) break;
    const found = solveProgram(solver, profile, program, facts, least);
    if (found && 'binding' in found) refused.push(found);
    else best = found ?? best;
  }
  if (best) return best;
  if (refused.length < programs.length) return undefined;
  const nearest = leastRefused(refused);
  if (refused.length === 1 || nearest.nearestSlaMs !== null) return nearest;
  // No program is feasible at any SLA, so the refusal names the constraint that binds for all variants, not that of one program.
  const whole = solveProgram(solver, profile, request, stageFacts(profile, request));
  return whole && 'binding' in whole ? whole : nearest;
}

const slaOf = ({ nearestSlaMs }: Refusal): number => nearestSlaMs ?? Number.POSITIVE_INFINITY;

/** @param above objective that the choice must exceed; the result is undefined if no choice does */
function solveProgram(
  solver: Solver,
  profile: Profile,
  request: IlpRequest,
  facts: readonly StageFacts[],
  above = Number.NEGATIVE_INFINITY,
): IlpChoice | Refusal | undefined {
  const offered = optionsAtRate(facts, request);
  if (offered.overloaded.length > 0) return { binding: offered.overloaded.join('. '), nearestSlaMs: null };
  const solution =
    above > Number.NEGATIVE_INFINITY
      ? solver.solveBetter(offered.problem, above)
      : solver.solve(offered.problem, 'MiB');
  if (!solution) return undefined;
  if (solution.status === 'infeasible')
    return { ...solution, binding: `${solution.binding}${coresNote(solution.binding, request)}` };

  const options = chosenOptions(offered, solution.choice);
  const { keep } = request;
  const rows = planRows(profile, options);
  const stages = keep ? rowsIn(keep.workers, rows, profile) : rows;
  const cost = requestCostOf(profile, request);
  return {
    plan: {
      ...planHead(profile, request),
      stages,
      workers: keep?.workers ?? planWorkers(stages, 'shared', cpuWorkersFor(request)),
      shedding: 'late',
      ...(request.downshift && { downshift: true }),
      ...(request.cascades === false && { cascades: false }),
      ...(cost && { servingMs: meanDelayMs(cost.latency) }),
      ...(request.body && { body: request.body }),
      certificate: certificate(solution),
    },
    keepsWorkers: keep !== undefined,
    boundMs: solution.latencyMs,
    pas: pasOf(profile, options),
    cost: solution.cost,
    solution,
  };
}

/** Explains why a limit of cores is lower than the resources say: the stages share workers. Empty for any other limit. */
function coresNote(binding: string, { shared, resources }: IlpRequest): string {
  if (!shared || !binding.includes(' core')) return '';
  const { workers, threads } = shared;
  const each = workers === 1 ? '' : ' each';
  return (
    `. The stages on a CPU share ${counted(workers, 'worker')} with ${counted(threads, 'thread')}${each}, and at most ` +
    `${precisePercent(resources.utilisationMax)} of ${workers === 1 ? 'its' : 'their'} time may be used`
  );
}

const cpuWorkersFor = ({ shared, apart }: IlpRequest): CpuWorkers => {
  if (shared) return 'shared';
  return apart ? 'apart' : 'per-replica';
};

/** The options that a solution chose, in the order of the stages. */
export const chosenOptions = (
  { problem, byId }: PlanOptions,
  choice: Readonly<Record<string, string>>,
): PlanOption[] => problem.stages.map((stage, s) => byId[s]!.get(choice[stage.name]!)!);

const certificate = ({ objective, bound, nodes, solveMs }: Optimal): string =>
  `optimal: objective ${objective.toPrecision(6)}, bound ${bound.toPrecision(6)}, ` +
  `${counted(nodes, 'node')}, ${solveMs.toFixed(1)} ms`;
