import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Engine } from '../../../agent/cluster/engine.ts';
import { control } from '../../../agent/cluster/watch/controller.ts';
import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import { type Counts, NOTHING } from '../../../solver/adapt/serving-counts.ts';
import type { System } from '../../../solver/adapt/system.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { sleep } from '../../../workers/executor/clock.ts';
import { clusterPlan } from '../kubernetes/objects/plans.ts';

/** These tests run `watch` on a clock that they turn, with an engine that only remembers the plans that it was asked to apply. */

afterEach(() => {
  vi.useRealTimers();
});

interface Watching {
  readonly system: Pick<System, 'plan'> & Partial<System>;
  /** Milliseconds that the engine takes before and after it counts the arrivals, by the number of the reading. */
  readonly countMs?: (reading: number) => readonly [before: number, after: number];
  /** Milliseconds that the engine takes to apply a plan. */
  readonly applyMs?: number;
}

/** Watches a plan under 100 requests/s until the test has finished. A decision is due each second. */
function watch({ system, countMs = () => [0, 0], applyMs = 0 }: Watching) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const startMs = performance.now();
  const stop = new AbortController();
  const applied: Plan[] = [clusterPlan()];
  let readings = 0;
  const engine = {
    plans: async () => ({ current: applied.at(-1)!, previous: null }),
    cascadeStages: async () => new Set<string>(),
    async counts(): Promise<ReadonlyMap<string, Counts>> {
      const [beforeMs, afterMs] = countMs(readings++);
      await sleep(beforeMs, stop.signal);
      const arrived = Math.floor((performance.now() - startMs) / 10);
      await sleep(afterMs, stop.signal);
      return new Map([['gateway', { ...NOTHING, arrivals: arrived }]]);
    },
    async adapt(plan: Plan) {
      await sleep(applyMs, stop.signal);
      applied.push(plan);
      return [];
    },
    recordEvent: async () => {},
  };
  const ended = control(
    {
      engine: engine as unknown as Engine,
      pipeline: 'fashion',
      adaptationFor: () => ({
        system: { name: 'stub', overtaken: () => false, ...system },
        predictor: lastWindow,
        intervalS: 1,
      }),
      onEvent: () => {},
    },
    stop.signal,
  );
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { applied, engine };
}

test.each([
  ['at once', () => [0, 0]],
  ['soon', () => [40, 40]],
  ['late once, after they counted', (reading) => (reading === 5 ? [0, 4000] : [0, 80])],
  ['late once, before they counted', (reading) => (reading === 5 ? [4000, 0] : [0, 80])],
  ['late each time', () => [1500, 500]],
] satisfies [string, Watching['countMs']][])(
  'watch decides on the load as it was if the gateways answer %s',
  async (_, countMs) => {
    const counts: number[] = [];
    watch({
      countMs,
      system: {
        async plan({ countsPerS }, current) {
          counts.push(...countsPerS);
          return current!;
        },
      },
    });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(counts.length).toBeGreaterThan(40);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(98);
    expect(Math.max(...counts)).toBeLessThanOrEqual(102);
  },
);

test('new batches for the plan before do not follow a plan that is being applied', async () => {
  const before = clusterPlan();
  const batched = (batch: number) =>
    clusterPlan({ stages: before.stages.map((stage) => ({ ...stage, batch })) });
  const next = clusterPlan({
    stages: before.stages.map((stage) => ({ ...stage, threads: 1 })),
    workers: before.workers.map((worker) => ({ ...worker, threads: 1 })),
  });
  let batch = 4;
  const { applied } = watch({
    applyMs: 1500,
    system: { plan: async () => next, interim: async () => batched(++batch) },
  });
  await vi.advanceTimersByTimeAsync(15_000);
  expect(applied.at(-1)).toEqual(next);
});
