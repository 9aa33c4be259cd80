import { type Core, type CoreOption, leastUses, objectiveOf, TOLERANCE, withinLimits } from './core.ts';
import type { Bound } from './relaxation.ts';
import type { Region } from './secant.ts';

/** The best choice found so far. */
export interface Incumbent {
  choice: readonly CoreOption[] | undefined;
  objective: number;
}

/** Makes a choice the incumbent if it is within the limits and better. @returns whether it is */
export function improve(core: Core, incumbent: Incumbent, choice: readonly CoreOption[]): boolean {
  if (!withinLimits(core, choice)) return false;
  const objective = objectiveOf(core, choice);
  if (objective <= incumbent.objective) return false;
  incumbent.choice = [...choice];
  incumbent.objective = objective;
  return true;
}

/**
 * Searches the choices of a region, depth first, for better ones than the incumbent, and replaces the incumbent by them. A branch
 * is pruned if the gaps of its options add up to more than the distance from the incumbent to the bound, or if a limit is
 * exceeded even when the remaining stages use as little as they can.
 * @param margin how much better a choice must be
 * @param budget the largest number of steps
 * @returns whether the search ended within the budget
 */
export function enumerate(
  core: Core,
  region: Region,
  { bound, gaps }: Bound,
  incumbent: Incumbent,
  margin: () => number,
  budget: number,
): boolean {
  const rows = core.limits.length;
  const stages = region.stages
    .map((options, s) => {
      const order = options.map((_, o) => o).sort((a, b) => gaps[s]![a]! - gaps[s]![b]!);
      return {
        position: s,
        options: order.map((o) => options[o]!),
        gaps: Float64Array.from(order, (o) => gaps[s]![o]!),
        use: Float64Array.from(order.flatMap((o) => options[o]!.use)),
      };
    })
    .sort((a, b) => a.options.length - b.options.length);
  const depthMax = stages.length;
  // room[d · rows + r]: how much of limit r the first d stages may use if the other stages use as little as they can.
  const room = new Float64Array((depthMax + 1) * rows);
  const sorted = stages.map(({ options }) => options);
  for (const [r, least] of leastUses(core, sorted).entries()) {
    room[depthMax * rows + r] = core.limits[r]! + 2 * TOLERANCE;
    for (let d = depthMax - 1; d >= 0; d--) room[d * rows + r] = room[(d + 1) * rows + r]! - least[d]!;
  }
  const used = new Float64Array((depthMax + 1) * rows);
  const choice: CoreOption[] = new Array(depthMax);
  let slack = bound - incumbent.objective - margin();
  let steps = 0;

  const descend = (d: number, gap: number): boolean => {
    if (d === depthMax) {
      if (improve(core, incumbent, choice)) slack = bound - incumbent.objective - margin();
      return true;
    }
    const stage = stages[d]!;
    const here = d * rows;
    const next = here + rows;
    for (let o = 0; o < stage.options.length; o++) {
      const total = gap + stage.gaps[o]!;
      if (total >= slack) break;
      if (++steps > budget) return false;
      let fits = true;
      for (let r = 0; r < rows; r++) {
        const sum = used[here + r]! + stage.use[o * rows + r]!;
        used[next + r] = sum;
        if (sum > room[next + r]!) {
          fits = false;
          break;
        }
      }
      if (!fits) continue;
      choice[stage.position] = stage.options[o]!;
      if (!descend(d + 1, total)) return false;
    }
    return true;
  };
  return descend(0, 0);
}
