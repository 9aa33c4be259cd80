import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pace } from '../../agent/http/pace.ts';

test('the first has its turn at once, the next ones at intervals, and nobody waits longer than the most', () => {
  const pace = new Pace({ intervalMs: 20, waitMsMax: 50 });
  expect([0, 0, 5, 5, 5].map((now) => pace.waitMs('a', now))).toEqual([0, 20, 35, 50, 50]);
  expect(pace.waitMs('a', 1000)).toBe(0);
});

test('addresses do not wait for each other', () => {
  const pace = new Pace({ intervalMs: 20, waitMsMax: 50 });
  expect(['a', 'b', 'c', 'a'].map((address) => pace.waitMs(address, 0))).toEqual([0, 0, 0, 20]);
});

test('turns of an address keep their distance until waits reach the most, and old addresses are forgotten', () => {
  const event = fc.record({
    gapMs: fc.integer({ min: 0, max: 30 }),
    address: fc.constantFrom('a', 'b', 'c'),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const pace = new Pace({ intervalMs: 20, waitMsMax: 1e9 });
      const turns = new Map<string, number>();
      let now = 0;
      for (const { gapMs, address } of events) {
        now += gapMs;
        const turn = now + pace.waitMs(address, now);
        expect(turn).toBe(Math.max(now, (turns.get(address) ?? Number.NEGATIVE_INFINITY) + 20));
        turns.set(address, turn);
      }
      pace.waitMs('d', now + 1e6);
      expect(pace.size).toBe(1);
    }),
  );
});
