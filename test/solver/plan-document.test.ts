import { expect, test } from 'vitest';
import type { PlanStage } from '../../solver/documents/plan.ts';
import { heavyNames, planWorkers } from '../../solver/plan/plan-document.ts';

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
