import { type Core, type CoreOption, objectiveOf, withinLimits } from './core.ts';
import { enumerate, type Incumbent } from './enumerate.ts';
import type { Glpk } from './glpk.ts';
import {
  lagrangian,
  type Majorant,
  majorant,
  optimise,
  type Prices,
  type Region,
  relax,
} from './relaxation.ts';
import { narrowed, split } from './split.ts';

/** What a search found and proved. No choice: there is none within the limits. */
export interface Found {
  readonly choice: readonly CoreOption[] | undefined;
  readonly objective: number;
  /** No choice is better than this. */
  readonly bound: number;
  /** Regions that were relaxed. */
  readonly nodes: number;
}

/** Steps that going through a region's choices may take before the region is rather split. */
const STEPS = 5_000;

interface Node extends Region {
  /** Bound of the region it was split from. */
  readonly bound: number;
  readonly prices: Prices;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/**
 * Branch and bound, best bound first. In each region the objective is replaced by a linear majorant; GLPK's
 * relaxation prices the limits; with the prices a Lagrangian bound, in doubles, drops options that cannot be in a
 * better choice; what is left is gone through one by one where it is little, else GLPK's integer optimiser makes the
 * incumbent better and the region is split: in z where the majorant is far off, else in a stage.
 * Every bound and every choice is computed in doubles, so the answer does not rest on GLPK's tolerances; only that a
 * region is empty is taken from it, with limits that are a millionth wider.
 * @param core all scores over 0 where they are multiplied
 * @param start a choice of the same core's options, to begin with; it may be one that was dropped from it
 */
export function search(glpk: Glpk, core: Core, start?: readonly CoreOption[]): Found {
  const incumbent: Incumbent = { choice: undefined, objective: Number.NEGATIVE_INFINITY };
  const offer = (choice: readonly CoreOption[] | undefined) => {
    if (!choice || !withinLimits(core, choice)) return;
    const objective = objectiveOf(core, choice);
    if (objective > incumbent.objective) Object.assign(incumbent, { choice, objective });
  };
  offer(start);
  if (core.stages.some((options) => options.length === 0))
    return { ...incumbent, bound: incumbent.objective, nodes: 0 };

  const magnitude =
    core.alpha * sum(core.stages.map((options) => Math.max(...options.map((o) => o.score)))) +
    sum(core.stages.map((options) => Math.max(...options.map((o) => o.weight))));
  // Better by less than this is not better: 1e-10 of the objective, and the rounding of its terms.
  const margin = () => (incumbent.choice ? 1e-10 * Math.abs(incumbent.objective) + 1e-14 * magnitude : 0);

  const root = narrowed(core, { stages: core.stages, low: -Infinity, high: Infinity }, incumbent.objective);
  const open: Node[] = [
    { ...root, bound: Number.POSITIVE_INFINITY, prices: { limits: core.limits.map(() => 0), z: 0 } },
  ];
  let nodes = 0;
  while (open.length > 0) {
    const node = open.pop()!;
    if (node.bound <= incumbent.objective + margin()) continue;
    nodes++;
    const children = expand(node);
    open.push(...children);
    open.sort((a, b) => a.bound - b.bound);
  }
  return { ...incumbent, bound: incumbent.objective + margin(), nodes };

  function expand(node: Node): Node[] {
    const above = majorant(core, node);
    const relaxed = relax(glpk, core, node, above);
    if (relaxed === 'infeasible') return [];
    const prices = relaxed === 'unknown' ? node.prices : relaxed.prices;
    let left = keep(node, above, prices);
    if (!left || enumerate(core, left.region, left, incumbent, margin, STEPS)) return [];
    offer(optimise(glpk, core, left.region, above));
    left = keep(left.region, above, prices);
    if (!left || enumerate(core, left.region, left, incumbent, margin, STEPS)) return [];
    const x = new Map<CoreOption, number>();
    if (relaxed !== 'unknown')
      node.stages.forEach((options, s) => {
        options.forEach((option, o) => {
          x.set(option, relaxed.x[s]![o]!);
        });
      });
    const bound = Math.min(left.bound, node.bound);
    return split(core, node, left.region, above, prices, x, bound - incumbent.objective).map((region) => ({
      ...region,
      bound,
      prices,
    }));
  }

  /** The region without the options that no better choice has; undefined where nothing is left. */
  function keep(region: Region, above: Majorant, prices: Prices) {
    const { bound, gaps } = lagrangian(core, region, above, prices);
    const slack = bound - incumbent.objective - margin();
    if (slack <= 0) return undefined;
    const stays = gaps.map((gap) => gap.map((value) => (value < slack ? 1 : 0)));
    const stages = region.stages.map((options, s) => options.filter((_, o) => stays[s]![o]));
    return {
      region: narrowed(core, { ...region, stages }, incumbent.objective),
      bound,
      gaps: gaps.map((gap, s) => gap.filter((_, o) => stays[s]![o])),
    };
  }
}
