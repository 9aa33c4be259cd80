import { onGpu } from '../documents/common.ts';
import { backendsOf, type Profile } from '../documents/profile.ts';
import { withoutCoRun } from './co-run.ts';
import { cpuWorkersOf } from './plan-document.ts';
import type { IlpRequest, PlanRequest } from './request.ts';
import { usableCells } from './usable-cells.ts';

/** The profile and the request that the integer program works on. */
export interface IlpInput {
  readonly profile: Profile;
  readonly request: IlpRequest;
}

/**
 * The ways to divide the stages on a CPU among workers. Each way is an integer program of its own. In the first, every replica has a
 * worker; it needs a core for every stage at least. In the others, all stages share one worker, whose threads fit the cores. Every
 * stage was measured with that number of threads, and the worker holds fewer cores than workers for each stage would.
 * @throws NothingMeasuredError if a stage has no cell to plan with
 */
export function workerSharings(profile: Profile, request: PlanRequest): IlpInput[] {
  const { cores } = request.resources;
  // For each stage, the threads of every cell that it may be planned with; 0 on a GPU.
  const stages = profile.stages.map(({ name }) =>
    usableCells(profile, name, request).map(({ backend, threads }) => (onGpu(backend) ? 0 : threads)),
  );
  const numbers = [...new Set(stages.flat())].filter((threads) => threads > 0 && threads <= cores);
  const own: IlpInput = { profile, request };
  if (coresHeld(stages) > cores || (request.keep && cpuWorkersOf(request.keep) === 'shared')) {
    const fitting = numbers.filter((threads) =>
      stages.every((all) => all.includes(threads) || all.includes(0)),
    );
    if (fitting.length === 0) return [own];
    const offered = mayShare(request) ? fitting : [Math.max(...fitting)];
    return offered.map((threads) => sharedInput(own, threads));
  }
  if (!mayShare(request)) return [own];
  const onCpu = stages.map((all) => all.filter((threads) => threads > 0));
  const cheaper = numbers.filter(
    (threads) => threads < coresHeld(onCpu) && onCpu.every((all) => all.includes(threads)),
  );
  const backends = (request.backends ?? backendsOf(profile)).filter((backend) => !onGpu(backend));
  const allOnCpu: IlpInput = { profile, request: { ...request, backends } };
  return [own, ...cheaper.map((threads) => sharedInput(allOnCpu, threads))];
}

/** The fewest cores that stages hold in workers of their own. @param stages for each, the threads that it may have */
const coresHeld = (stages: readonly (readonly number[])[]): number =>
  stages.reduce((sum, threads) => sum + Math.min(...threads), 0);

/**
 * Whether stages may share a CPU worker although there are cores enough. Ranks of accuracies are among a program's own options,
 * so the solutions of several programs cannot be compared.
 */
const mayShare = ({ sharing, apart, keep, replicas, objective }: PlanRequest): boolean =>
  sharing !== false && !apart && !keep && !replicas && !objective.accuracy.startsWith('rank');

/**
 * The program in which all stages on a CPU share one worker. No worker runs beside it, so the co-run delays of the profile do not
 * apply. A pod that all stages share gets no cascade, because a later plan without the heavy variant would need another pod.
 */
const sharedInput = ({ profile, request }: IlpInput, sharedThreads: number): IlpInput => ({
  profile: withoutCoRun(profile),
  request: { ...request, sharedThreads, ...(request.apart && { cascades: false }) },
});
