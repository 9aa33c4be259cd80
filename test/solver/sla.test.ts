import { expect, test } from 'vitest';
import type { CoRun } from '../../solver/documents/co-run.ts';
import { slaByRule } from '../../solver/plan/sla.ts';
import { cell, profile, runs } from './profiles.ts';

const { fanOut, stages } = profile([cell('detect', 's', 'cpu', 1, runs(1))]);
const names = stages.map(({ name }) => name);
const fast = names.map((stage) => cell(stage, 's', 'cpu', 1, runs(1)));

/** Makes the measurement of two workers side by side, beside which 95 % of the timers are at most this late. */
const beside = (latenessMs: number): CoRun => ({
  backend: 'cpu',
  threads: 1,
  n: 100,
  delays: [{ percentile: 50, delayMs: 1 }],
  lateness: [{ percentile: 95, delayMs: latenessMs }],
});

test('the SLA by the rule is five times the mean latency of a request, and at least 50 ms', () => {
  expect(slaByRule(fast, names, fanOut)).toBe(50);
  const one = [cell(names[0]!, 's', 'cpu', 1, runs(20)), cell(names[0]!, 'm', 'cpu', 1, runs(40))];
  expect(slaByRule(one, names, fanOut)).toBeCloseTo(5 * 1.1 * 30);
});

test('the SLA by the rule counts as many items of a stage without a measured fan-out as of the stage before', () => {
  const cells = [...names, 'describe'].map((stage) => cell(stage, 's', 'cpu', 1, runs(20)));
  const ofDescribe = fanOut.flatMap((entry) =>
    entry.stage === 'classify' ? { ...entry, stage: 'describe' } : [],
  );
  const sla = slaByRule(cells, [...names, 'describe'], fanOut);
  expect(sla).toBe(slaByRule(cells, [...names, 'describe'], [...fanOut, ...ofDescribe]));
});

test('the SLA by the rule is long enough that sending requests late does not show', () => {
  expect(slaByRule(fast, names, fanOut, [beside(4)])).toBeCloseTo(80);
  expect(slaByRule(fast, names, fanOut, [beside(1)])).toBe(50);
  const { lateness: _, ...older } = beside(4) as CoRun & { lateness: unknown };
  expect(slaByRule(fast, names, fanOut, [older as CoRun])).toBe(50);
});
