import * as Plot from '@observablehq/plot';
import { expect, test } from 'vitest';
import { endLabels, logAxisY, logDomain } from '../../web/charts/axis.ts';

test('a logarithmic axis writes its numbers as the page does, without rests of binary fractions', () => {
  const marks = [logAxisY([0.02, 3000], 'ms')].flat(3) as Plot.Mark[];
  const label = marks.find((mark) => mark instanceof Plot.Text) as unknown as {
    channels: { text: { value: (tick: number) => string } };
  };
  expect([2000, 1000, 5, 5 * 10 ** -2, 3 * 0.1].map(label.channels.text.value)).toEqual([
    ...['2,000', '1,000', '5', '0.05', '0.3'],
  ]);
  // The margin would cut a longer number.
  expect([50_000, 200_000, 1e6].map(label.channels.text.value)).toEqual(['50,000', '200K', '1M']);
});

test('a logarithmic axis spans as many values as several cells have samples', () => {
  const values = Array.from({ length: 300_000 }, (_, i) => i);
  expect(logDomain(values)).toEqual([1 / 1.2, 299_999 * 1.2]);
  expect(logDomain([0])).toEqual([0.1, 10]);
});

test('the names of forty series stay apart, and those of few are all there', () => {
  const placesOf = (count: number) => {
    const ends = Array.from({ length: count }, (_, i) => ({
      name: `v${i}`,
      colour: '',
      x: 1,
      y: 1 + (i % 7),
    }));
    const { data } = endLabels(ends, [1, 10], { height: 240, log: false }) as unknown as {
      data: { at: number }[];
    };
    return data.map(({ at }) => (240 * (at - 1)) / 9).sort((a, b) => a - b);
  };
  expect(placesOf(12)).toHaveLength(12);
  const places = placesOf(40);
  expect(places.length).toBeGreaterThan(12);
  for (const [i, place] of places.slice(1).entries()) expect(place - places[i]!).toBeGreaterThan(12.9);
  expect(Math.min(...places)).toBeGreaterThanOrEqual(-0.1);
});
