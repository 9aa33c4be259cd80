import { expect, test } from 'vitest';
import { type PlanStage, planStage as planRow } from '../../solver/documents/plan.ts';
import { planOptions } from '../../solver/plan/options.ts';
import { heavyNames, planStage, planWorkers } from '../../solver/plan/plan-document.ts';
import { cell, profile, request, runs } from './profiles.ts';

test('each of thousands of workers has an id of its own', () => {
  const long = 'a'.repeat(58);
  const rows = [long, `${long}b`].map((name) => ({ name, backend: 'cpu', threads: 1, replicas: 5000 }));
  const workers = planWorkers(rows as PlanStage[]);
  expect(new Set(workers.map(({ id }) => id)).size).toBe(10_000);
  expect(workers.at(-1)!.id).toBe(`${long}-9999`);
});

test('the heavy variants of stages whose names begin alike have rows of different names', () => {
  const long = 'a'.repeat(60);
  const stages = ['detect', 'detect-heavy', long, `${long}b`, `${long}c`];
  const names = heavyNames(stages);
  expect(names.get('detect')).toBe('detect-heavy-2');
  expect(new Set([...stages, ...names.values()]).size).toBe(2 * stages.length);
  for (const name of names.values()) expect(name.length).toBeLessThanOrEqual(64);
});

test('a row has the times of all measured sizes up to its own, also of one whose outputs differ', () => {
  const given = profile([
    cell('detect', 's', 'cpu', 1, runs(1)),
    cell('classify', 's', 'cpu', 4, runs(30)),
    cell('classify', 's', 'cpu', 1, runs(10), { flags: ['output-mismatch'] }),
  ]);
  const [option] = planOptions(given, request()).byId[1]!.values();
  const { batch, serviceMs } = planStage(given, option!);
  expect([batch, serviceMs.map(({ items }) => items)]).toEqual([4, [1, 4]]);
});

test('a batch that fills in more time than a timer can wait has a row that can be read', () => {
  const given = profile([cell('detect', 's', 'cpu', 1, runs(1)), cell('classify', 's', 'cpu', 4, runs(30))]);
  const [option] = planOptions(given, request({ ratePerS: 1e-7, slaMs: 1e12 })).byId[1]!.values();
  expect(option!.waitMs).toBeGreaterThan(1e9);
  const row = planStage(given, option!);
  expect(planRow.parse(row)).toEqual(row);
});
