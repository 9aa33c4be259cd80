import { expect, onTestFinished, test, vi } from 'vitest';
import { sameChoice } from '../../solver/adapt/diff.ts';
import { lastWindow } from '../../solver/adapt/predictors/last-window.ts';
import type { LoadState, System } from '../../solver/adapt/system.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { parseRunReport } from '../../solver/documents/run-report.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { run } from '../../workers/executor/run.ts';
import { loadFashion } from './fashion.ts';
import { handPlan } from './hand-plan.ts';

test('a run whose plans go to and fro under load fails no request, and tells of it', async () => {
  const models = await loadFashion();
  const plans = [
    handPlan(models, { backend: 'cpu', workers: [['detect', 'classify']] }),
    handPlan(models, {
      backend: 'cpu',
      variants: ['det8', 'cnn8'],
      workers: [['detect'], ['classify']],
    }),
  ] as const;
  const done = new AbortController();
  const told: LoadState[] = [];
  /** Variants that have answered a batch. */
  const answered = new Set<string>();
  let [serving, switches]: [Plan, number] = [plans[0], 0];
  const system: System = {
    name: 'stub',
    overtaken: () => false,
    /** Fails at first, then changes to the other plan three times, each time once all variants of the serving one have run. */
    async plan(load, current) {
      told.push(load);
      if (told.length === 1) throw new Error('no idea');
      if (serving !== current || !current.stages.every(({ variant }) => answered.has(variant)))
        return current!;
      if (switches === 3) done.abort();
      switches++;
      return plans.find((plan) => plan !== current)!;
    },
  };
  const ran = await run({
    name: 'adaptive',
    plan: plans[0],
    backends: ['cpu'],
    models,
    environment: nodeEnvironment(),
    load: constantLoad(20, 600, 1),
    seed: 1,
    adaptation: { system, predictor: lastWindow, intervalS: 1 },
    signal: done.signal,
    watch: {
      onPlan({ plan }) {
        serving = plan;
      },
      onSent() {},
      onEnded() {},
      onBatch({ variant }) {
        answered.add(variant);
      },
      onEvent() {},
    },
  });

  const { result, requests, load, ...report } = parseRunReport(ran, 'the run');
  expect(result.failed).toBe(0);
  expect(result.completed + result.shed).toBe(load.requests);
  expect(requests).toHaveLength(load.requests);
  expect(result.completed).toBeGreaterThan(0);

  expect(report.plans).toHaveLength(4);
  report.plans.forEach(({ atMs, plan }, i) => {
    expect(sameChoice(plan, plans[i % 2]!)).toBe(true);
    if (i > 0) expect(atMs).toBeGreaterThan(report.plans[i - 1]!.atMs);
  });
  const variants = new Set(report.service.map(({ variant }) => variant));
  expect(variants).toEqual(new Set(['det4', 'mlp64', 'det8', 'cnn8']));
  const events = report.events.map(({ what }) => what);
  expect(events.filter((what) => what.startsWith('switched to '))).toHaveLength(3);
  expect(events).toContain('the plan stays: no idea');

  const { steps, ...adaptation } = report.adaptation!;
  expect(adaptation).toEqual({ system: 'stub', predictor: 'last-window', intervalS: 1 });
  // The report has no step of the first decision, because it failed.
  expect(steps.slice(0, 3)).toMatchObject(told.slice(1, 4).map(({ forecast }) => forecast));
  expect(report.resimulated).not.toBeNull();
});

test('a run that is stopped before its first request makes no more plans', async () => {
  const models = await loadFashion();
  const plan = handPlan(models, { backend: 'cpu', workers: [['detect', 'classify']] });
  const done = new AbortController();
  let decisions = 0;
  const stopped = run({
    name: 'adaptive',
    plan,
    backends: ['cpu'],
    models,
    environment: nodeEnvironment(),
    load: constantLoad(20, 600, 1),
    seed: 1,
    adaptation: {
      system: {
        name: 'stub',
        overtaken: () => false,
        async plan() {
          decisions++;
          return plan;
        },
      },
      predictor: lastWindow,
      intervalS: 1,
    },
    signal: done.signal,
    watch: {
      onPlan() {
        vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
        onTestFinished(() => void vi.useRealTimers());
        done.abort(new Error('stopped'));
      },
      onSent() {},
      onEnded() {},
      onBatch() {},
      onEvent() {},
    },
  });
  await expect(stopped).rejects.toThrow('stopped');
  await vi.advanceTimersByTimeAsync(5000);
  expect(decisions).toBe(0);
});
