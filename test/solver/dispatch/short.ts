import { Dispatch } from '../../../solver/dispatch/dispatch.ts';
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

/** A dispatch of two stages that one worker runs, the first one in batches of 1. @param batch of the second stage */
export const shared = (batch = 1) =>
  new Dispatch(policy([stage('a', 1, 0), stage('b', batch, 0)]), [{ id: 'w', rows: [0, 1] }]);

export const started = (actions: readonly Action[]) =>
  actions.flatMap((action) =>
    action.kind === 'start'
      ? [`${action.worker}/${action.row}: ${action.items.map((item) => item.request).join(' ')}`]
      : [],
  );

export const ended = (actions: readonly Action[]) =>
  actions.flatMap((action) => (action.kind === 'end' ? [`${action.request} ${action.outcome}`] : []));
