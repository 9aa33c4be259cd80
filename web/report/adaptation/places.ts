import type { NamedRun } from './systems.ts';

/** Runs that lie at the same place of a chart of cost and accuracy. */
export interface Place {
  readonly cost: number;
  readonly pas: number;
  readonly runs: readonly NamedRun[];
}

/** Runs that differ by less than this share of an axis, half a dot, lie at one place. */
const NEAR = 0.004;

/** Groups runs by their place, in their order. */
export function placesOf(runs: readonly NamedRun[]): Place[] {
  const costs = runs.map(({ run }) => run.cost);
  const scores = runs.map(({ run }) => run.pas);
  const near = {
    cost: NEAR * Math.max(...costs),
    pas: NEAR * (Math.max(...scores) - Math.min(...scores)),
  };
  const places: { cost: number; pas: number; runs: NamedRun[] }[] = [];
  for (const one of runs) {
    const { cost, pas } = one.run;
    const here = places.find(
      (place) => Math.abs(place.cost - cost) <= near.cost && Math.abs(place.pas - pas) <= near.pas,
    );
    if (here) here.runs.push(one);
    else places.push({ cost, pas, runs: [one] });
  }
  return places;
}
