import { countsPerSecond } from '../../simulate/arrivals.ts';
import { HORIZON_S, type Predictor } from './predictor.ts';

/** A predictor that knows the future load. A simulation with it shows how much a better forecast could still gain. */
export function oracle(arrivalsMs: ArrayLike<number>): Predictor {
  const counts = countsPerSecond(arrivalsMs);
  return {
    name: 'oracle',
    async forecast(_countsPerS, nowS = 0) {
      const now = Math.floor(nowS);
      const maximum = Math.max(0, ...counts.slice(now, now + HORIZON_S));
      return { medianPerS: maximum, p90PerS: maximum };
    },
  };
}
