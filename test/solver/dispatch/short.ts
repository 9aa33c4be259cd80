import type { Action, DispatchPolicy, DispatchStage } from '../../../solver/dispatch/types.ts';

/** Short ways to write a policy and to read actions. */

export const stage = (name: string, batch: number, maxWaitMs: number, perItemMs = 10): DispatchStage => ({
  name,
  batch,
  maxWaitMs,
  serviceMs: (items) => perItemMs * items,
});

export const policy = (
  stages: DispatchStage[],
  shedding: DispatchPolicy['shedding'] = 'never',
  slaMs = 1000,
) => ({
  slaMs,
  shedding,
  stages,
});

export const started = (actions: readonly Action[]) =>
  actions.flatMap((action) =>
    action.kind === 'start'
      ? [`${action.worker}/${action.row}: ${action.items.map((item) => item.request).join(' ')}`]
      : [],
  );

export const ended = (actions: readonly Action[]) =>
  actions.flatMap((action) => (action.kind === 'end' ? [`${action.request} ${action.outcome}`] : []));
