import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Engine } from '../../../agent/cluster/engine.ts';
import { control } from '../../../agent/cluster/watch/controller.ts';
import { type Counts, NOTHING } from '../../../agent/service/counts.ts';
import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import type { System } from '../../../solver/adapt/system.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { sleep } from '../../../workers/executor/clock.ts';
import { clusterPlan } from '../kubernetes/objects/plans.ts';

/** `watch` on a clock that the tests turn, with an engine that only remembers what it was asked to apply. */

afterEach(() => {
  vi.useRealTimers();
});

interface Watching {
  readonly system: Pick<System, 'plan'> & Partial<System>;
  /** How long the engine takes to say what has arrived. */
  readonly countMs?: number;
}

/** Watches a plan under 100 requests/s until the test has finished. A decision is due each second. */
function watch({ system, countMs = 0 }: Watching) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const startMs = performance.now();
  const stop = new AbortController();
  const applied: Plan[] = [clusterPlan()];
  const engine = {
    plans: async () => ({ current: applied.at(-1)!, previous: null }),
    cascadeStages: async () => new Set<string>(),
    async counts(): Promise<ReadonlyMap<string, Counts>> {
      await sleep(countMs, stop.signal);
      return new Map([['gateway', { ...NOTHING, arrivals: Math.floor((performance.now() - startMs) / 10) }]]);
    },
    async adapt(plan: Plan) {
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

test('watch decides only on seconds whose arrivals it has read to the end', async () => {
  const counts: number[] = [];
  watch({
    countMs: 80,
    system: {
      async plan({ countsPerS }, current) {
        counts.push(...countsPerS);
        return current!;
      },
    },
  });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(counts.length).toBeGreaterThan(100);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(98);
  expect(Math.max(...counts)).toBeLessThanOrEqual(102);
});
