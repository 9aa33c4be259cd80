import { expect, test } from 'vitest';
import { arrivalsIn, CounterIncrease } from '../../../agent/cluster/watch/arrivals.ts';

test('a counter is read by its model, and one that began anew has grown by all of it', () => {
  const name = 'ipa_edge_arrivals_total';
  const text = `${name}{model="a"} 3\n${name}{model="b"} 5\n${name}{model="a",k="v"} 4\ny{model="a"} 9\n# ${name}{model="a"} 1\n`;
  expect(arrivalsIn(text, 'a')).toBe(7);
  expect(arrivalsIn(text, 'c')).toBe(0);
  const growth = new CounterIncrease();
  expect([10, 15, 15, 4].map((count) => growth.since(count))).toEqual([0, 5, 0, 4]);
});
