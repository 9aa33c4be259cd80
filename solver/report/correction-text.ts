import type { Plan } from '../documents/plan.ts';

/** The corrections of the profile with which a plan was made, e.g. `batches on cpu × 1.30`; empty without any. */
export function correctionText({ inService: { request, hops = {}, batches = {} } = {} }: Plan): string {
  const factors: [string, number][] = [
    ...Object.entries(batches).map(([backend, factor]): [string, number] => [
      `batches on ${backend}`,
      factor,
    ]),
    ...Object.entries(hops).map(([stage, factor]): [string, number] => [
      `the way to pods of ${stage}`,
      factor,
    ]),
    ...(request === undefined ? [] : [['requests outside the models', request] as [string, number]]),
  ];
  return factors.map(([what, factor]) => `${what} × ${factor.toFixed(2)}`).join(', ');
}
