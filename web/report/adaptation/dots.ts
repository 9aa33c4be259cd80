import type { NamedRun } from './systems.ts';

/** Runs with almost the same cost and accuracy, which share one dot of the chart. */
export interface Dot {
  readonly cost: number;
  readonly pas: number;
  readonly runs: readonly NamedRun[];
}

/** Runs share a dot if they differ by at most this fraction of each axis, which is half the width of a dot. */
const NEAR = 0.004;

/** Groups runs that share a dot, in their order. */
export function dotsOf(runs: readonly NamedRun[]): Dot[] {
  const costs = runs.map(({ run }) => run.cost);
  const scores = runs.map(({ run }) => run.pas);
  const near = {
    cost: NEAR * Math.max(...costs),
    pas: NEAR * (Math.max(...scores) - Math.min(...scores)),
  };
  const dots: { cost: number; pas: number; runs: NamedRun[] }[] = [];
  for (const one of runs) {
    const { cost, pas } = one.run;
    const here = dots.find(
      (dot) => Math.abs(dot.cost - cost) <= near.cost && Math.abs(dot.pas - pas) <= near.pas,
    );
    if (here) here.runs.push(one);
    else dots.push({ cost, pas, runs: [one] });
  }
  return dots;
}
