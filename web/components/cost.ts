import { type Backend, onGpu } from '../../solver/documents/common.ts';
import type { Plan, Resources } from '../../solver/documents/plan.ts';
import { number, plural } from './format.ts';

export type Prices = Pick<Resources, 'pricePerCore' | 'pricePerGpu'>;

/** How the cost of plans on these backends is computed: `(cores + 8 × GPU share)`; empty if nothing has a price. */
export function costUnit({ pricePerCore, pricePerGpu }: Prices, backends: readonly Backend[]): string {
  const term = (price: number, what: string) =>
    price === 0 ? [] : [price === 1 ? what : `${number(price)} × ${what}`];
  const terms = [
    ...term(pricePerCore, 'cores'),
    ...term(backends.some(onGpu) ? pricePerGpu : 0, 'GPU share'),
  ];
  return terms.length > 0 ? `(${terms.join(' + ')})` : '';
}

/** The cost of a plan with its unit: `2 cores`, or `1.2 (cores + 8 × GPU share)`. */
export function costText(cost: number, { resources, stages }: Pick<Plan, 'resources' | 'stages'>): string {
  const unit = costUnit(
    resources,
    stages.map(({ backend }) => backend),
  );
  return unit === '(cores)' ? plural(cost, 'core') : `${number(cost)} ${unit}`;
}
