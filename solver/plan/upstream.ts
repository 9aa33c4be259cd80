import { stageNameOf } from '../documents/plan.ts';
import { accuracyOf, type Profile } from '../documents/profile.ts';
import { combined } from '../ilp/core.ts';
import { combinesRanks, type IlpRequest, mayCascade } from './request.ts';
import { type StageFacts, stageFacts } from './stage-facts.ts';
import { usableCells } from './usable-cells.ts';

/** A request has at most this many choices of upstream variants, because each is an integer program to solve. */
const CHOICES_MAX = 8;

/**
 * Divides a request into integer programs; the best of their solutions is the plan. The number of items that reach a stage
 * depends on the variants before it, and a single program for all variants would have to assume the largest number. So each
 * program fixes the variant of an earlier stage; one more program is for the stage's cascades if two variants may form one. A
 * stage whose variants would need more than {@link CHOICES_MAX} programs is left undivided, and so are the stages after it.
 * @throws NothingMeasuredError if a stage has no cell to plan with
 */
function upstreamChoices(profile: Profile, request: IlpRequest): IlpRequest[] {
  const { keep } = request;
  if (keep) {
    const upstream: Record<string, string[]> = {};
    for (const row of keep.stages)
      upstream[stageNameOf(row)] = [...(upstream[stageNameOf(row)] ?? []), row.variant];
    return [{ ...request, upstream }];
  }
  let choices = [request];
  // An accuracy's rank is relative to a program's own options, so ranks of different programs cannot be compared.
  if (combinesRanks(request)) return choices;
  for (const stage of profile.stages.slice(0, -1)) {
    if (!mattersLater(profile, stage.name)) continue;
    const sets = variantSets(profile, stage, request);
    if (choices.length * sets.length > CHOICES_MAX) break;
    choices = choices.flatMap((choice) =>
      sets.map((set) => ({ ...choice, upstream: { ...choice.upstream, [stage.name]: set } })),
    );
  }
  return choices;
}

/** An integer program, with the facts that its options need. */
export interface IntegerProgram {
  readonly program: IlpRequest;
  readonly facts: readonly StageFacts[];
}

/**
 * The integer programs of a request, without those of stages that have no cascade after all.
 * @param more what else holds for each program
 * @throws NothingMeasuredError if a stage has no cell to plan with
 */
export const integerProgramsOf = (
  profile: Profile,
  request: IlpRequest,
  more: Partial<IlpRequest> = {},
): IntegerProgram[] =>
  upstreamChoices(profile, request)
    .map((choice) => {
      const program = { ...choice, ...more };
      return { program, facts: stageFacts(profile, program) };
    })
    .filter(({ facts }) => facts.every(({ cells, cascades }) => cells.length + cascades.length > 0));

/**
 * Upper bound on the accuracy term of a program's objective, as if each stage ran its most accurate variant or cascade.
 * Objectives with ranks need no bound, because their requests have a single program.
 */
export function rewardAtMost({ facts, program }: IntegerProgram): number {
  const { alpha, accuracy } = program.objective;
  const most = facts.map(({ cells, cascades }) =>
    Math.max(
      ...cells.map(({ variant }) => accuracyOf(variant) ?? 1),
      // The accuracies of a cascade's thresholds rise.
      ...cascades.map(({ thresholds }) => thresholds.at(-1)!.accuracy),
    ),
  );
  return alpha * combined(most, accuracy);
}

/** Whether a stage's variant decides how many items reach a later stage, or how many of them escalate there. */
function mattersLater({ fanOut, paths = [] }: Profile, stage: string): boolean {
  const counts = fanOut.filter(({ upstream }) => stage in upstream).map((entry) => String(entry.counts));
  return new Set(counts).size > 1 || paths.some(({ upstream }) => stage in upstream);
}

/** Each variant of a stage and, if two may form a cascade, all of them. */
function variantSets(profile: Profile, stage: Profile['stages'][number], request: IlpRequest): string[][] {
  const all = [...new Set(usableCells(profile, stage.name, request).map(({ variant }) => variant))];
  const answered = stage.variants.filter(({ name, answers }) => answers && all.includes(name));
  const single = all.map((variant) => [variant]);
  return answered.length > 1 && mayCascade(request, stage.name) ? [...single, all] : single;
}
