import { expect, test } from 'vitest';
import { ArrivalsGrowth, arrivalsIn } from '../../../agent/cluster/watch/arrivals.ts';

test('a counter is read by its model', () => {
  const name = 'ipa_edge_arrivals_total';
  const text = `${name}{model="a"} 3\n${name}{model="b"} 5\n${name}{model="a",k="v"} 4\ny{model="a"} 9\n# ${name}{model="a"} 1\n`;
  expect(arrivalsIn(text, 'a')).toBe(7);
  expect(arrivalsIn(text, 'c')).toBe(0);
});

/** Growth at each reading. */
const growths = (...readings: Record<string, number>[]): number[] => {
  const growth = new ArrivalsGrowth();
  return readings.map((counts) => growth.since(new Map(Object.entries(counts))));
};

test('a counter that began anew has grown by all of it', () => {
  expect(growths({ a: 10 }, { a: 15 }, { a: 15 }, { a: 4 })).toEqual([0, 5, 0, 4]);
});

test('the arrivals at all gateways add up, and one that is not read for a while is counted later', () => {
  expect(growths({ a: 10, b: 100 }, { a: 15, b: 101 }, { b: 103 }, { a: 21, b: 103 })).toEqual([0, 6, 2, 6]);
});

test('what arrived at a gateway before its first reading does not count: nobody knows when it did', () => {
  expect(growths({ a: 10 }, { a: 12, b: 5000 }, { a: 12, b: 5001 })).toEqual([0, 2, 1]);
});
