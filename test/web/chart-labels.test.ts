import { expect, test } from 'vitest';
import { namesBeside, shortened } from '../../web/charts/axis.ts';
import { pointLabels } from '../../web/charts/frontier-plot.ts';
import { ratioTicks } from '../../web/charts/ratios.ts';
import { labelsAbove } from '../../web/charts/StageBudget.tsx';
import { bytes, eventTimes, milliseconds } from '../../web/components/format.ts';

test('an axis of ratios has as many ticks as have room for their labels', () => {
  const domain = [1 / 2.6, 2.6] as const;
  for (const width of [150, 240, 600]) {
    const places = ratioTicks(domain, width)
      .map((tick) => (width * Math.log(tick / domain[0])) / Math.log(domain[1] / domain[0]))
      .sort((a, b) => a - b);
    for (const [i, place] of places.slice(1).entries()) expect(place - places[i]!).toBeGreaterThan(41);
  }
  expect(ratioTicks(domain, 150)).toEqual([1, 0.5, 2]);
  expect(ratioTicks(domain, 600).length).toBeGreaterThan(5);
});

test('the labels of a frontier tell which choice of the slider the plan is, and where the slider ends', () => {
  const choices = [0.7, 0.8, 0.81, 0.9].map((accuracy, i) => ({ cost: i + 1, accuracy }));
  const scale = { perCost: 100, perAccuracy: 700 };
  const texts = (at: number) => pointLabels(choices, choices[at]!, scale).map(({ text }) => text);
  expect([0, 1, 3].map(texts)).toEqual([
    ['plan, choice 1', 'choice 4'],
    ['plan, choice 2', 'choice 1', 'choice 4'],
    ['plan, choice 4', 'choice 1'],
  ]);
  const beside = { cost: 4, accuracy: 0.89 };
  expect(pointLabels(choices, beside, scale).map(({ text }) => text)).toEqual(['plan', 'choice 1']);
  // At nearly the same accuracy, but far from the plan in cost, a label has room.
  const level = [0.8, 0.81].map((accuracy, i) => ({ cost: 1 + 3 * i, accuracy }));
  expect(pointLabels(level, level[1]!, scale).map(({ text }) => text)).toEqual([
    'plan, choice 2',
    'choice 1',
  ]);
});

test('the line of the SLA crosses no label of a stage', () => {
  const stages = ['detect', 'classify', 'answer'].map((stage, i) => ({
    stage,
    label: `${stage} 5 ms`,
    from: 5 * i,
  }));
  const [perMs, letter] = [4, 8];
  for (let slaMs = 1; slaMs < 100; slaMs++) {
    const labels = labelsAbove(stages, perMs, 600, slaMs);
    expect(labels.map(({ stage }) => stage)).toEqual(['detect', 'classify', 'answer']);
    for (const { from, label } of labels)
      expect(slaMs < from || slaMs > from + (letter * label.length) / perMs).toBe(true);
  }
});

test('a name without room loses its middle, and names beside a chart take at most a third of it', () => {
  expect(['large-q8', 'facebook-wav2vec2-large-960h'].map((name) => shortened(name, 80))).toEqual([
    'large-q8',
    'faceb…-960h',
  ]);
  const wide = namesBeside(['wav2vec2-base-960h', 'small'], 600, 19);
  expect(wide.marginRight).toBe(19 + 7 * 18);
  expect(wide.nameOf('wav2vec2-base-960h')).toBe('wav2vec2-base-960h');
  expect(namesBeside(['wav2vec2-base-960h'], 330).marginRight).toBe(110);
});

test('of two events within a tenth of a second, it is seen which one followed', () => {
  expect(eventTimes([{ atMs: 2300 }, { atMs: 7590 }, { atMs: 7630 }])).toEqual(['2.3 s', '7.6 s', 'then']);
});

test('sizes and times have three digits, so that a column of them is rounded in one way', () => {
  expect([512, 24_000, 1_600_000, 22_830].map(bytes)).toEqual([
    '512\u00a0B',
    '24.0\u00a0kB',
    '1.60\u00a0MB',
    '22.8\u00a0kB',
  ]);
  expect([9_996, 999_950].map(bytes)).toEqual(['10.0\u00a0kB', '1.00\u00a0MB']);
  expect([0.9996, 9.996, 99.96].map(milliseconds)).toEqual(['1.00\u00a0ms', '10.0\u00a0ms', '100\u00a0ms']);
});
