import { onGpu } from '../documents/common.ts';
import type { Profile } from '../documents/profile.ts';
import { withoutCoRun } from './co-run.ts';
import type { IlpRequest, PlanRequest } from './request.ts';
import { usableCells } from './usable-cells.ts';

/** The profile and the request that the integer program works on. */
export interface IlpInput {
  readonly profile: Profile;
  readonly request: IlpRequest;
}

/**
 * Decides whether the stages on a CPU share one worker. They do if there are fewer cores than the stages need; otherwise each
 * replica has a worker of its own. The shared worker gets the most threads that fit the cores and that every stage was measured
 * with. No worker runs beside it, so the co-run delays of the profile do not apply. A pod that all stages share gets no cascade,
 * because a later plan without the heavy variant would need another pod.
 * @throws NothingMeasuredError if a stage has no cell to plan with
 */
export function withWorkerSharing(profile: Profile, request: PlanRequest): IlpInput {
  const unshared: IlpInput = { profile, request };
  // For each stage, the threads of every cell that it may be planned with; 0 on a GPU.
  const stages = profile.stages.map(({ name }) =>
    usableCells(profile, name, request).map(({ backend, threads }) => (onGpu(backend) ? 0 : threads)),
  );
  const { cores } = request.resources;
  const needed = stages.reduce((sum, threads) => sum + Math.min(...threads), 0);
  if (needed <= cores) return unshared;
  const shareable = stages
    .flat()
    .filter((t) => t > 0 && t <= cores && stages.every((all) => all.includes(t) || all.includes(0)));
  if (shareable.length === 0) return unshared;
  return {
    profile: withoutCoRun(profile),
    request: {
      ...request,
      sharedThreads: Math.max(...shareable),
      ...(request.apart && { cascades: false }),
    },
  };
}
