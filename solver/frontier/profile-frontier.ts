import { backendsOf, type Profile } from '../documents/profile.ts';
import type { FrontierPoint } from '../documents/report.ts';
import { chosenOptions } from '../plan/ilp-choice.ts';
import { optionsAtRate } from '../plan/options.ts';
import { type IlpRequest, type PlanRequest, standbysMayLackRoom } from '../plan/request.ts';
import { integerProgramsOf } from '../plan/upstream.ts';
import { workerSharings } from '../plan/worker-sharing.ts';
import { merged, paretoChoices } from './frontier.ts';

/**
 * The choices of the integer program for a request that are Pareto-best in accuracy, cost and latency bound, sorted by rising
 * cost, then by falling accuracy. Empty if no choice is feasible. The frontier contains the frontier for every shorter SLA.
 * @throws NothingMeasuredError, FrontierTooLargeError
 */
export function profileFrontier(measured: Profile, asked: PlanRequest): FrontierPoint[] {
  const choices = workerSharings(measured, asked).flatMap(({ profile, request }) => {
    const found = choicesOf(profile, request);
    const lackRoom = found.length === 0 && standbysMayLackRoom(request);
    return lackRoom ? choicesOf(profile, { ...request, standbys: false }) : found;
  });
  const backends = [...(asked.backends ?? backendsOf(measured))];
  return merged(choices).map(({ offered, choice, accuracy, cost, latencyMs, weights }) => {
    const options = chosenOptions(offered, choice);
    const cells = options.map(({ cell }) => cell);
    const cascades = options.flatMap(({ cell, cascade }) => {
      if (!cascade) return [];
      const { below, share, heavy } = cascade;
      return [[cell.stage, { variant: heavy.cell.variant, batch: heavy.cell.batch, below, share }] as const];
    });
    return {
      backends,
      variants: Object.fromEntries(cells.map((cell) => [cell.stage, cell.variant])),
      batches: Object.fromEntries(cells.map((cell) => [cell.stage, cell.batch])),
      ...(cascades.length > 0 && { cascades: Object.fromEntries(cascades) }),
      accuracy,
      cost,
      boundMs: latencyMs,
      weights,
    };
  });
}

/** The choices that are Pareto-best in one of a request's integer programs. */
const choicesOf = (profile: Profile, request: IlpRequest) =>
  integerProgramsOf(profile, request).flatMap(({ program, facts }) => {
    const offered = optionsAtRate(facts, program);
    if (offered.overloaded.length > 0) return [];
    return paretoChoices(offered.problem).map((point) => ({ ...point, offered }));
  });
