import { describe, expect, it } from 'vitest';
import { createDispatch } from '../../../solver/dispatch/dispatch.ts';
import type { Dispatch } from '../../../solver/dispatch/types.ts';
import { ended, policy, stage } from './short.ts';

const SLA_MS = 100;

/**
 * Runs requests through two stages that share one worker.
 * @param batchMs how long each batch takes
 * @returns how the requests ended, in the order of their ends, and when the last batch did
 */
function run(dispatch: Dispatch, arrivalsMs: readonly number[], batchMs: number) {
  const outcomes: string[] = [];
  const arrivals = [...arrivalsMs];
  const batches: { id: number; follows: number[]; endMs: number }[] = [];
  for (let nowMs = 0; ; ) {
    const next = [arrivals[0], batches[0]?.endMs, dispatch.nextWakeMs()].filter((ms) => ms !== undefined);
    if (next.length === 0) return { outcomes, endMs: nowMs };
    nowMs = Math.max(nowMs, Math.min(...next));
    if (batches[0]?.endMs === nowMs) {
      const { id, follows } = batches.shift()!;
      dispatch.completed(id, follows, nowMs);
    }
    if (arrivals[0] === nowMs) dispatch.arrive(arrivals.shift()!, nowMs);
    const actions = dispatch.poll(nowMs);
    outcomes.push(...ended(actions));
    for (const action of actions) {
      if (action.kind !== 'start') continue;
      const follows = action.items.map(({ row }) => (row === 0 ? 1 : 0));
      batches.push({ id: action.batch, follows, endMs: (batches.at(-1)?.endMs ?? nowMs) + batchMs });
    }
  }
}

describe('the margins of the shed rule', () => {
  /** Returns how two requests end that arrive `pauseMs` after an overload in which batches took twice as long as planned. */
  const outcomesAfter = (pauseMs: number) => {
    const stages = [stage('a', 1, 0, 30), stage('b', 1, 0, 30)];
    const dispatch = createDispatch(policy(stages, 'late', SLA_MS), [{ id: 'w', rows: [0, 1] }]);
    const overload = run(
      dispatch,
      Array.from({ length: 60 }, (_, k) => 40 * k),
      60,
    );
    expect(overload.outcomes.some((end) => end.endsWith('shed'))).toBe(true);
    const firstMs = overload.endMs + pauseMs;
    const { outcomes } = run(dispatch, [firstMs, firstMs + 25], 30);
    return outcomes.map((end) => end.split(' ')[1]);
  };

  it('end with a pause as long as the SLA, so that a quiet service sheds nothing that can make it', () => {
    expect(outcomesAfter(SLA_MS)).toEqual(['completed', 'completed']);
  });

  it('last through a shorter pause', () => {
    expect(outcomesAfter(SLA_MS - 1)).toContain('shed');
  });
});
