import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dispatch } from '../../../solver/dispatch/dispatch.ts';
import { Outlook } from '../../../solver/dispatch/outlook.ts';
import { ShedRule } from '../../../solver/dispatch/shed-rule.ts';
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
    const dispatch = new Dispatch(policy(stages, 'late', SLA_MS), [{ id: 'w', rows: [0, 1] }]);
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

  it('grow with each request wasted after the start of their stage, and shrink so that one in 20 balances', () => {
    const ends = fc.oneof(
      fc.record({ shedAt: fc.nat(2), heavy: fc.boolean() }),
      fc.record({ well: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(ends, { maxLength: 120 }), (stages, ended) => {
        const rule = new ShedRule(new Outlook(stages), stages);
        const margins = Array.from({ length: stages }, () => 0);
        for (const end of ended) {
          const at = 'well' in end ? stages : end.shedAt % stages;
          if ('well' in end) rule.completed(end.well);
          else rule.shed(at + (end.heavy ? stages : 0));
          margins.forEach((margin, s) => {
            if (at < s || (s > 0 && s === stages - 1)) return;
            const wasted = 'well' in end ? !end.well : at > s || end.heavy;
            margins[s] = Math.min(0.5, Math.max(0, margin + (wasted ? 0.01 : -0.01 / 19)));
          });
        }
        const instant = policy(
          margins.map((_, s) => stage(`s${s}`, 1, 0, 0)),
          'late',
          SLA_MS,
        );
        const request = { arrivalMs: 0, last: stages - 1, waiting: 1 };
        for (const [s, margin] of margins.entries())
          expect(rule.latestStartMs(instant, s, request, 1)).toBeCloseTo(SLA_MS * (1 - margin), 9);
      }),
    );
  });
});
