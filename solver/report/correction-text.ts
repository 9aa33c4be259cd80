import type { Plan } from '../documents/plan.ts';

/** The corrections of the profile with which a plan was made, e.g. `batches on cpu × 1.30`; empty without any. */
export function correctionText({
  inService: { request, hops = {}, batches = {} } = {},
}: Pick<Plan, 'inService'>): string {
  const times = (what: string, factor: number) => `${what} × ${factor.toFixed(2)}`;
  return [
    ...Object.entries(batches).map(([backend, factor]) => times(`batches on ${backend}`, factor)),
    ...Object.entries(hops).map(([stage, factor]) => times(`the way to pods of ${stage}`, factor)),
    ...(request === undefined ? [] : [times('requests outside the models', request)]),
  ].join(', ');
}
