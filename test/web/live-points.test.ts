import { expect, test } from 'vitest';
import { type LivePoint, secondsOf } from '../../web/charts/live-points.ts';
import { styleOf } from '../../web/charts/series.ts';

test('a live chart gives the second that has not ended yet no figure of the second before it', () => {
  const line = (label: string, ...points: LivePoint[]) => ({ label, style: styleOf(0), points });
  const arrived = line('arrived', [0, 4], [1, 6], [2, null]);
  const textsOf = (...lines: (typeof arrived)[]) =>
    secondsOf({ fromS: 0, toS: 60, lines, dots: [], show: String }).map(({ text }) => text);
  expect(textsOf(arrived)).toEqual(['0 s\narrived 4', '1 s\narrived 6']);
  expect(textsOf(line('planned', [0, 5], [2.4, 5]), arrived)).toEqual([
    '0 s\nplanned 5\narrived 4',
    '1 s\nplanned 5\narrived 6',
    '2 s\nplanned 5',
  ]);
});
