import * as Plot from '@observablehq/plot';
import type { Resources } from '../../solver/documents/plan.ts';
import { number } from '../components/format.ts';

export type Prices = Pick<Resources, 'pricePerCore' | 'pricePerGpu'>;

/** Axis label that shows how cost is computed from these prices: `cost (cores + 8 × GPU share)`. */
export function costText({ pricePerCore, pricePerGpu }: Prices): string {
  const term = (price: number, what: string) =>
    price === 0 ? [] : [price === 1 ? what : `${number(price)} × ${what}`];
  const terms = [...term(pricePerCore, 'cores'), ...term(pricePerGpu, 'GPU share')];
  return terms.length > 0 ? `cost (${terms.join(' + ')})` : 'cost';
}

/** Ticks at powers of ten and, in a short range, also at 2 and 5 times each. */
function logTicks([low, high]: readonly [number, number]): number[] {
  const steps = Math.log10(high / low) < 2.5 ? [1, 2, 5] : [1];
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => 10 ** (first + i));
  return powers
    .flatMap((power) => steps.map((step) => step * power))
    .filter((tick) => tick >= low && tick <= high);
}

/** Draws grid and labels of a logarithmic axis with own marks, because Plot omits some labels of the ticks given to a scale. */
export function logAxisY(domain: readonly [number, number], label: string): Plot.Markish[] {
  const ticks = logTicks(domain);
  return [
    Plot.gridY(ticks),
    Plot.axisY(ticks, {
      label,
      // Rounds binary fractions: 5 × 10^-2 is not exactly 0.05.
      text: (tick: number) => String(Number(tick.toPrecision(3))),
    }),
  ];
}
