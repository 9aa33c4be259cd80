import { HORIZON_S, type Predictor } from './predictor.ts';

/** What no predictor can know: the load itself. It shows what a better forecast could still gain. */
export function oracle(arrivalsMs: ArrayLike<number>): Predictor {
  const counts: number[] = [];
  for (let i = 0; i < arrivalsMs.length; i++) {
    const second = Math.floor(arrivalsMs[i]! / 1000);
    while (counts.length <= second) counts.push(0);
    counts[second]!++;
  }
  return {
    name: 'oracle',
    async forecast(_countsPerS, nowS = 0) {
      const now = Math.floor(nowS);
      const maximum = Math.max(0, ...counts.slice(now, now + HORIZON_S));
      return { medianPerS: maximum, p90PerS: maximum };
    },
  };
}
