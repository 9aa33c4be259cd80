import { type Cell, smallestBatches } from '../../solver/documents/cell.ts';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import { sum } from '../../solver/math/statistics.ts';
import { withoutCoRun } from '../../solver/plan/co-run.ts';
import { NothingMeasuredError } from '../../solver/plan/errors.ts';
import { planOptions } from '../../solver/plan/options.ts';
import { planHead, planStage } from '../../solver/plan/plan-document.ts';
import { type PlanOption, pasOf } from '../../solver/plan/plan-option.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { completePlan } from '../../solver/plan/simulated-plan.ts';
import { smallestBatchMs } from '../../solver/plan/sla.ts';

/**
 * A pipeline as a page without a plan would run it: one session per stage on one backend, one request at a time, smallest batch.
 */
interface Baseline {
  readonly options: readonly PlanOption[];
  /** Mean time of a request that passes one stage after the other. */
  readonly meanMs: number;
}

/**
 * Finds the backend and thread count on which these variants have the lowest mean time.
 * @throws NothingMeasuredError if no backend has all variants
 */
export function fastestBaseline(
  profile: Profile,
  variants: Readonly<Record<string, string>>,
  request: PlanRequest,
): Baseline {
  const smallest = smallestBatches(comparable(profile.cells)).filter(
    (cell) => cell.variant === variants[cell.stage] && (request.backends?.includes(cell.backend) ?? true),
  );
  let fastest: Baseline | undefined;
  for (const place of new Map(smallest.map((cell) => [`${cell.backend}/${cell.threads}`, cell])).values()) {
    const cells = smallest.filter((cell) => cell.backend === place.backend && cell.threads === place.threads);
    if (cells.length < profile.stages.length) continue;
    const options = onlyOptions({ ...withoutCoRun(profile), cells }, request);
    const meanMs = sum(options.map((o) => (o.meanMs * o.itemsPerS) / request.ratePerS));
    if (!fastest || meanMs < fastest.meanMs) fastest = { options, meanMs };
  }
  if (!fastest)
    throw new NothingMeasuredError(
      profile.stages[0]!.name,
      `no backend has ${Object.values(variants).join(' and ')} measured. Profile again with a larger budget.`,
    );
  return fastest;
}

/** The cells without those whose outputs differ from the reference backend's, because plans do not use such cells either. */
const comparable = (cells: readonly Cell[]): Cell[] =>
  cells.filter((cell) => cell.state !== 'measured' || !cell.flags.includes('output-mismatch'));

/** The `restrictTo` of a plan request that allows only these variants, one of each stage. */
export const onlyVariants = (variants: Readonly<Record<string, string>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(variants).map(([stage, variant]) => [stage, [variant]]));

/** Chooses the only option of each stage, even if it cannot keep up with the rate. */
export const onlyOptions = (profile: Profile, request: PlanRequest): PlanOption[] =>
  planOptions(profile, {
    ...request,
    resources: { ...request.resources, utilisationMax: Number.MAX_VALUE },
  }).byId.map((options) => [...options.values()][0]!);

/**
 * Makes a plan from the baseline, for comparisons: one worker, smallest batch, no shedding.
 * @param requests number of requests that will be sent; an overloaded page gets slower with each, so predictions depend on their
 * number
 * @throws NothingMeasuredError
 */
export function baselinePlan(
  measured: IdentifiedProfile,
  variants: Readonly<Record<string, string>>,
  request: PlanRequest,
  requests: number,
): Plan {
  const profile = withoutCoRun(measured.profile);
  const { options } = fastestBaseline(profile, variants, request);
  const stages = options.map((option) => ({ ...planStage(profile, option), maxWaitMs: 0 }));
  const { backend, threads } = options[0]!.cell;
  return completePlan(
    { ...measured, profile },
    {
      ...planHead(profile, request),
      stages,
      workers: [{ id: 'page', backend, threads, stages: stages.map((stage) => stage.name) }],
      shedding: 'never',
      certificate: 'not solved: the variants were given, one request at a time at batch 1',
    },
    {
      boundMs: sum(options.map(({ boundMs }) => boundMs)),
      pas: pasOf(profile, options),
      cost: baselineCost(backend, threads, options, request),
    },
    requests,
  );
}

/** A CPU worker holds its cores for all its stages. On a GPU, the stages' shares add up to at most one GPU. */
const baselineCost = (
  backend: Backend,
  threads: number,
  options: readonly PlanOption[],
  { resources }: PlanRequest,
): number =>
  onGpu(backend)
    ? resources.pricePerGpu * Math.min(1, sum(options.map(({ gpuShare }) => gpuShare)))
    : resources.pricePerCore * threads;

/**
 * Chooses the slowest (or fastest) variant of each stage, by the mean time of its smallest batch on its fastest backend.
 * @throws NothingMeasuredError
 */
export function variantsByTime(
  profile: Profile,
  which: 'heaviest' | 'lightest',
  backends: readonly Backend[],
): Record<string, string> {
  const allowed = comparable(profile.cells).filter((cell) => backends.includes(cell.backend));
  return Object.fromEntries(
    profile.stages.map(({ name }) => {
      const sorted = [...smallestBatchMs(allowed, name)].sort(([, a], [, b]) => a - b);
      const chosen = sorted.at(which === 'heaviest' ? -1 : 0);
      if (!chosen)
        throw new NothingMeasuredError(
          name,
          `no variant was measured on ${backends.join(', ')}; profile with a larger budget, or choose other backends`,
        );
      return [name, chosen[0]];
    }),
  );
}
