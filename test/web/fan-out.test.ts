import { expect, it } from 'vitest';
import { fanOutText } from '../../web/page/measure/fan-out.ts';

it.each([
  ['1 item', [[1, 1]]],
  ['0 items', [[0, 0]]],
  ['1.3 items', [[1, 1, 2]]],
  ['2.5–3 items', [[2, 3], [3]]],
  [null, []],
])('the items that a stage gets per request are told as %s', (text, counts) => {
  const fanOut = counts.map((own) => ({ stage: 'classify', upstream: {}, counts: own }));
  expect(fanOutText({ fanOut }, 'classify')).toBe(text);
});
