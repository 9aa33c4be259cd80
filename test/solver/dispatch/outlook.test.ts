import { describe, expect, it } from 'vitest';
import { Outlook } from '../../../solver/dispatch/outlook.ts';
import type { DispatchRow, DispatchStage } from '../../../solver/dispatch/types.ts';

const row = (name: string, batch: number, ms: number): DispatchRow => ({
  name,
  batch,
  maxWaitMs: 0,
  serviceMs: (items) => ms * (1 + items),
});

/** Batches of n items take 10 · (1 + n) ms, those of the heavy variant twice as long. Rows are 0, 1 and, for the heavy one, 2. */
const [a, b]: readonly DispatchStage[] = [
  { ...row('a', 4, 10), heavy: { ...row('a-heavy', 4, 20), share: 0.5 } },
  row('b', 2, 10),
];
const stages = [a!, b!];

/** An outlook after items of which half escalated and the others had two children each. */
function experienced(): Outlook {
  const outlook = new Outlook(2);
  for (const follow of [2, { otherwise: 9 }]) outlook.completed(0, follow);
  return outlook;
}

describe('the time that a request still takes', () => {
  const remainingMs = (
    start: number,
    waiting: number,
    together: number,
    last = 1,
    outlook = new Outlook(2),
  ) => outlook.remainingMs(stages, start, last, waiting, together);

  it('is that of its batches in each stage, and of the heavy variant by the probability that an item escalates', () => {
    expect(remainingMs(0, 1, 1)).toBe(20 + 0.5 * 40 + 20);
    expect(remainingMs(0, 1, 1, 0)).toBe(20 + 0.5 * 40);
    expect(remainingMs(2, 1, 1)).toBe(40 + 20);
    expect(new Outlook(2).remainingMs([b!, a!], 0, 1, 1, 1)).toBe(20 + 20 + 0.5 * 40);
  });

  it('is longer if others are in its batches, because all go on together', () => {
    // Of four items two escalate, and two fill a batch of the second stage.
    expect(remainingMs(0, 1, 4)).toBe(50 + 0.5 * 60 + 30);
  });

  it('is that of several batches for many items, which the workers of a row share', () => {
    expect(remainingMs(0, 16, 4)).toBe(4 * 50 + 2 * 100 + 8 * 30);
    const outlook = new Outlook(2);
    const holds = [true, true, false, false, false, false];
    outlook.holders(holds, 1);
    outlook.holders(holds, 1);
    expect(remainingMs(0, 16, 4, 1, outlook)).toBe(2 * 50 + 2 * 100 + 4 * 30);
    outlook.holders(holds, -1);
    expect(remainingMs(0, 16, 4, 1, outlook)).toBe(4 * 50 + 2 * 100 + 8 * 30);
  });

  it('follows the fan-out of both variants, and the share of the light one that escalated', () => {
    const outlook = experienced();
    for (const follow of [{ otherwise: 9 }, { otherwise: 9 }]) outlook.completed(0, follow);
    outlook.completed(2, 4);
    // Three of four items escalated; the answers of two items had two and four children.
    expect(remainingMs(0, 1, 1, 1, outlook)).toBe(20 + 0.75 * 40 + 1.5 * 30);
    const childless = new Outlook(2);
    childless.completed(0, 0);
    expect(remainingMs(0, 1, 1, 1, childless)).toBe(20);
  });
});

describe('the time until all work is done', () => {
  const work = { waiting: [3, 1, 2, 0], running: [1, 0, 2, 0], leftMs: [5, 0, 7, 0] };

  it('counts what waits and runs, what escalates and what follows, and the slowest group of workers', () => {
    // 3 items wait at the first stage; 2 and half of 4 come to the heavy variant; 8 and one that waits, to the second stage.
    const [first, second] = [5 + 40 + 7 + 100, 4.5 * 30];
    const groups = (...workers: number[]) => [
      { rows: [0, 2], workers: workers[0]! },
      { rows: [1], workers: workers[1]! },
    ];
    expect(new Outlook(2).backlogMs(stages, work, groups(2, 1))).toBe(Math.max(first / 2, second));
    expect(new Outlook(2).backlogMs(stages, work, groups(1, 1))).toBe(Math.max(first, second));
    expect(new Outlook(2).backlogMs(stages, work, [{ rows: [0, 1, 2], workers: 1 }])).toBe(first + second);
  });

  it('follows the fan-out', () => {
    const ms = experienced().backlogMs(stages, work, [{ rows: [1], workers: 1 }]);
    expect(ms).toBe(((8 * 2 + 1) / 2) * 30);
  });
});
