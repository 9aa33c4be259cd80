import type { NamedRun } from './systems.ts';

/** Runs that lie on each other in a chart of cost and accuracy. */
export interface Place {
  readonly cost: number;
  readonly pas: number;
  readonly runs: readonly NamedRun[];
}

/** Of an axis: less than half a dot. */
const NEAR = 0.004;

/** The runs by where they lie, in their order. */
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
