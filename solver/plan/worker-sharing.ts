import { onGpu } from '../documents/common.ts';
import type { Profile } from '../documents/profile.ts';
import { withoutCoRun } from './co-run.ts';
import { type PlanRequest, type ProgramRequest, usableCells } from './options.ts';

/** How the stages of a plan get workers: what the program is asked, and on what. */
export interface Layout {
  readonly profile: Profile;
  readonly request: ProgramRequest;
}

/**
 * Where there are cores for it each stage has workers of its own. Where there are not, those on a CPU take turns on one, of
 * the most threads that fit and were measured of all: beside it no other one runs.
 * @throws NothingMeasuredError where a stage has no cell to plan with
 */
export function layoutOf(profile: Profile, request: PlanRequest): Layout {
  const own: Layout = { profile, request };
  if (request.apart) return own;
  const stages = profile.stages.map(({ name }) =>
    usableCells(profile, name, request).map(({ backend, threads }) => (onGpu(backend) ? 0 : threads)),
  );
  const { cores } = request.resources;
  const needed = stages.reduce((sum, threads) => sum + Math.min(...threads), 0);
  if (needed <= cores) return own;
  const shared = stages
    .flat()
    .filter((t) => t > 0 && t <= cores && stages.every((all) => all.includes(t) || all.includes(0)));
  if (shared.length === 0) return own;
  return {
    profile: withoutCoRun(profile),
    request: { ...request, sharedThreads: Math.max(...shared) },
  };
}
