import { largest, sum } from '../math/statistics.ts';
import { beam } from './beam.ts';
import type { Core, CoreOption } from './core.ts';
import { enumerate, type Incumbent, improve } from './enumerate.ts';
import type { Glpk } from './glpk.ts';
import { lagrangian, relax, type ShadowPrices } from './relaxation.ts';
import { type Majorant, type Region, secant } from './secant.ts';
import { narrowed, split } from './split.ts';

/** Result of a search, with the bound that proves it. */
export interface Found {
  /** The best choice; undefined if no choice within the limits has an objective above the one that the caller gave. */
  readonly choice: readonly CoreOption[] | undefined;
  readonly objective: number;
  /** Upper bound on the objective of every choice. */
  readonly bound: number;
  /** Number of regions whose relaxation was solved. */
  readonly nodes: number;
}

/** A region whose enumeration would take more steps is split instead. */
const STEPS = 5_000;
/** Width of the beam search. Of 5, 10, 20 and 40, none was faster by more than chance. */
const WIDTH = 10;

interface Node extends Region {
  /** Upper bound on the objective in this region, inherited from the region that was split. */
  readonly bound: number;
  readonly prices: ShadowPrices;
}

/**
 * Branch and bound; the region with the highest bound comes first. In each region:
 *
 * 1. The secant replaces the objective, and GLPK solves the linear relaxation, which gives prices of the limits.
 * 2. With these prices the Lagrangian bound drops options that cannot be in a better choice.
 * 3. A beam search looks for a better incumbent. With a better one, the Lagrangian bound drops more options.
 * 4. If few choices remain, all are enumerated. If many remain, the region is split: at a value of z if the secant is far above
 *    the objective, and else between the options of a stage.
 *
 * Every bound and every choice is computed again in doubles, so the answer does not depend on GLPK's tolerances. GLPK is
 * trusted only when it says that a region is empty, and for that the limits are widened by a millionth.
 * @param core if its scores are multiplied, all of them are above 0
 * @param start the first incumbent: options of the core before it was reduced
 * @param above the choice must have a higher objective
 */
export function search(
  glpk: Glpk,
  core: Core,
  start?: readonly CoreOption[],
  above = Number.NEGATIVE_INFINITY,
): Found {
  const incumbent: Incumbent = { choice: undefined, objective: above };
  if (start) improve(core, incumbent, start);
  if (core.stages.some((options) => options.length === 0))
    return { ...incumbent, bound: incumbent.objective, nodes: 0 };

  const best = core.stages.map((options) => largest(options.map((o) => o.score)));
  const reward = core.alpha * (core.reward === 'product' ? best.reduce((a, b) => a * b, 1) : sum(best));
  // A smaller gain does not count: 1e-10 of the objective, plus the rounding errors of a better choice's terms. The reward of such
  // a choice is at most `reward`, and so its weight at most `reward` minus the objective.
  const margin = () => {
    const reached = Math.abs(incumbent.objective);
    return reached < Number.POSITIVE_INFINITY ? 1e-10 * reached + 1e-14 * (2 * reward + reached) : 0;
  };

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
    const above = secant(core, node);
    const relaxed = relax(glpk, core, node, above);
    if (relaxed === 'infeasible') return [];
    const prices = relaxed === 'unknown' ? node.prices : relaxed.prices;
    let left = keep(node, above, prices);
    if (!left) return [];
    for (const choice of beam(core, left.region, left, WIDTH)) improve(core, incumbent, choice);
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

  /** Drops the options that cannot be in a better choice than the incumbent; undefined if the region has no better choice. */
  function keep(region: Region, above: Majorant, prices: ShadowPrices) {
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
