import { type Core, type CoreOption, objectiveOf } from './core.ts';

/** How far a choice is over the limits, as parts of them. */
function overrun(core: Core, choice: readonly CoreOption[]): number {
  let over = 0;
  core.limits.forEach((limit, r) => {
    let use = 0;
    for (const option of choice) use += option.use[r]!;
    if (use > limit) over += (use - limit) / (limit || 1);
  });
  return over;
}

/**
 * A choice from a fractional one: the largest part of each stage, then the best single exchange again and again,
 * first back within the limits, then for the objective. A start for the search; it may still be over the limits.
 */
export function improve(
  core: Core,
  stages: readonly (readonly CoreOption[])[],
  x: readonly Float64Array[],
): CoreOption[] {
  const choice = stages.map(
    (options, s) => options[x[s]!.reduce((best, part, o, all) => (part > all[best]! ? o : best), 0)]!,
  );
  let over = overrun(core, choice);
  let objective = objectiveOf(core, choice);
  for (;;) {
    let step: { s: number; option: CoreOption; over: number; objective: number } | undefined;
    stages.forEach((options, s) => {
      const now = choice[s]!;
      for (const option of options) {
        choice[s] = option;
        const found = { s, option, over: overrun(core, choice), objective: objectiveOf(core, choice) };
        const best = step ?? { over, objective };
        if (found.over < best.over || (found.over === best.over && found.objective > best.objective))
          step = found;
      }
      choice[s] = now;
    });
    if (!step) return choice;
    choice[step.s] = step.option;
    ({ over, objective } = step);
  }
}
