import { onGpu } from '../documents/common.ts';
import { backendsOf, type Profile } from '../documents/profile.ts';
import { hasSameStageCoRun, withoutCoRun, withSameStageCoRun } from './co-run.ts';
import { cpuWorkersOf } from './plan-document.ts';
import { combinesRanks, type IlpRequest, type PlanRequest, type SharedWorkers } from './request.ts';
import { usableCells } from './usable-cells.ts';

/** The profile and the request that the integer program works on. */
export interface IlpInput {
  readonly profile: Profile;
  readonly request: IlpRequest;
}

/**
 * The ways to divide the stages on a CPU among workers. Each way is an integer program of its own. In the first way, every
 * replica has a worker of its own, which needs at least one core per stage. In the other ways, each worker holds all these
 * stages, so that no core idles while another stage has work. Such workers have a thread count that each of these stages was
 * measured with. Together they hold no more cores than there are. Unless the cores are too few for the first way, they also hold
 * no more than separate workers on the CPU need at least.
 * @throws NothingMeasuredError if a stage has no cell to plan with
 */
export function workerSharings(profile: Profile, request: PlanRequest): IlpInput[] {
  const { cores } = request.resources;
  // For each stage, the threads of every cell that it may be planned with; 0 on a GPU.
  const stages = profile.stages.map(({ name }) =>
    usableCells(profile, name, request).map(({ backend, threads }) => (onGpu(backend) ? 0 : threads)),
  );
  const numbers = [...new Set(stages.flat())].filter((threads) => threads > 0);
  const own: IlpInput = { profile, request };
  const kept = request.keep && sharedWorkersOf(request.keep);
  if (kept) return [sharedInput(own, kept)];
  if (coresHeld(stages) > cores) {
    const fitting = numbers.filter((threads) =>
      stages.every((all) => all.includes(threads) || all.includes(0)),
    );
    if (fitting.length === 0) return [own];
    const within = fitting.filter((threads) => threads <= cores);
    // No worker has few enough threads, so the refusal is to name the cores of the smallest one.
    if (within.length === 0) return [sharedInput(own, { workers: 1, threads: Math.min(...fitting) })];
    const offered = mayShare(request)
      ? within.flatMap((threads) => sharedWorkers(profile, threads, cores))
      : [{ workers: 1, threads: Math.max(...within) }];
    return offered.map((shared) => sharedInput(own, shared));
  }
  if (!mayShare(request)) return [own];
  const onCpu = stages.map((all) => all.filter((threads) => threads > 0));
  const most = coresHeld(onCpu);
  const offered = numbers
    .filter((threads) => threads <= cores && onCpu.every((all) => all.includes(threads)))
    .flatMap((threads) => sharedWorkers(profile, threads, Math.min(most, cores)))
    // A single worker runs fewer batches at a time than separate workers, so it is worth offering only if it holds fewer cores.
    .filter(({ workers, threads }) => workers > 1 || threads < most);
  const backends = (request.backends ?? backendsOf(profile)).filter((backend) => !onGpu(backend));
  const allOnCpu: IlpInput = { profile, request: { ...request, backends } };
  return [own, ...offered.map((shared) => sharedInput(allOnCpu, shared))];
}

/**
 * One worker with this many threads, two of them, and so on, as many as fit the cores. Several workers often run the same stage
 * at once, so only one is offered if the profile lacks the co-run of workers on the same stage.
 */
const sharedWorkers = (profile: Profile, threads: number, cores: number): SharedWorkers[] =>
  Array.from({ length: hasSameStageCoRun(profile, threads) ? Math.floor(cores / threads) : 1 }, (_, i) => ({
    workers: i + 1,
    threads,
  }));

/** The CPU workers of a plan that each hold all stages; undefined if its workers hold one stage each. */
function sharedWorkersOf(plan: NonNullable<PlanRequest['keep']>): SharedWorkers | undefined {
  if (cpuWorkersOf(plan) !== 'shared') return undefined;
  const workers = plan.workers.filter(({ backend }) => !onGpu(backend));
  return { workers: workers.length, threads: workers[0]!.threads };
}

/**
 * The fewest cores that stages hold in workers of their own.
 * @param stages for each stage, the threads that its worker may have
 */
const coresHeld = (stages: readonly (readonly number[])[]): number =>
  stages.reduce((sum, threads) => sum + Math.min(...threads), 0);

/**
 * Whether stages may share CPU workers although the cores suffice for separate ones. An accuracy's rank is relative to a
 * program's own options, so with ranks the solutions of several programs cannot be compared.
 */
const mayShare = (request: PlanRequest): boolean => {
  const { sharing, apart, keep, replicas } = request;
  return sharing !== false && !apart && !keep && !replicas && !combinesRanks(request);
};

/**
 * The program in which all stages on a CPU share workers. No worker runs beside a single one, so the co-run delays of the profile
 * do not apply to it. A pod that all stages share gets no cascade, because a later plan without the heavy variant would need
 * another pod.
 */
const sharedInput = ({ profile, request }: IlpInput, shared: SharedWorkers): IlpInput => ({
  profile: shared.workers === 1 ? withoutCoRun(profile) : withSameStageCoRun(profile),
  request: { ...request, shared, ...(request.apart && { cascades: false }) },
});
