import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Engine } from '../../../agent/cluster/engine.ts';
import { control } from '../../../agent/cluster/watch/controller.ts';
import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import { type Counts, NOTHING } from '../../../solver/adapt/serving-counts.ts';
import type { System } from '../../../solver/adapt/system.ts';
import { type Plan, samePlan } from '../../../solver/documents/plan.ts';
import { sleep } from '../../../workers/executor/clock.ts';
import { clusterPlan } from '../kubernetes/objects/plans.ts';

/** These tests run `watch` on a fake clock, with an engine that only remembers the plans that it was asked to apply. */

afterEach(() => {
  vi.useRealTimers();
});

interface Watching {
  readonly system: Pick<System, 'plan'> & Partial<System>;
  /** Milliseconds that the engine takes before and after it counts the arrivals, by the number of the reading. */
  readonly countMs?: (reading: number) => readonly [before: number, after: number];
  /** Milliseconds that the engine takes to apply a plan. */
  readonly applyMs?: number;
  /** How often applying a plan is cut off once the engine has stored the plan. */
  readonly cutOff?: number;
  /** Whether a second gateway answers, which gets as many requests as the first, by the number of the reading. */
  readonly other?: (reading: number) => boolean;
  /** What a gateway says of the number of its requests. */
  readonly said?: (arrived: number) => number;
}

/** Watches a plan under 100 requests/s at each gateway until the test has finished. A decision is due each `intervalS`. */
function watch({
  system,
  countMs = () => [0, 0],
  applyMs = 0,
  cutOff = 0,
  other = () => false,
  said = (arrived) => arrived,
  intervalS = 1,
}: Watching & { readonly intervalS?: number }) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const startMs = performance.now();
  const stop = new AbortController();
  const applied: Plan[] = [clusterPlan()];
  let readings = 0;
  const events: string[] = [];
  const adaptedMs: number[] = [];
  const engine = {
    plan: async () => applied.at(-1)!,
    cascadeStages: async () => new Set<string>(),
    async counts(): Promise<ReadonlyMap<string, Counts>> {
      const reading = readings++;
      const [beforeMs, afterMs] = countMs(reading);
      await sleep(beforeMs, stop.signal);
      const arrived = Math.floor((performance.now() - startMs) / 10);
      await sleep(afterMs, stop.signal);
      const gateways = other(reading) ? ['gateway', 'other'] : ['gateway'];
      return new Map(gateways.map((gateway) => [gateway, { ...NOTHING, arrivals: said(arrived) }]));
    },
    async adapt(plan: Plan) {
      await sleep(applyMs, stop.signal);
      adaptedMs.push(performance.now() - startMs);
      if (!samePlan(applied.at(-1)!, plan)) applied.push(plan);
      if (adaptedMs.length <= cutOff) throw new Error('the connection broke');
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
        intervalS,
      }),
      onEvent: (what) => events.push(what),
    },
    stop.signal,
  );
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { applied, events, adaptedMs };
}

/** Watches with a system that keeps its plan. @returns for each decision, as it comes, the counts per second that it is made on */
function countsOf(watching: Omit<Watching, 'system'>): readonly (readonly number[])[] {
  const counts: (readonly number[])[] = [];
  watch({
    ...watching,
    system: {
      async plan({ countsPerS }, current) {
        counts.push(countsPerS);
        return current!;
      },
    },
  });
  return counts;
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
    const decidedOn = countsOf({ countMs });
    await vi.advanceTimersByTimeAsync(20_000);
    const counts = decidedOn.flat();
    expect(counts.length).toBeGreaterThan(40);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(98);
    expect(Math.max(...counts)).toBeLessThanOrEqual(102);
  },
);

test('a gateway that says that it got more requests than any can get is not believed', async () => {
  const decidedOn = countsOf({ said: (arrived) => arrived * 1e13 });
  await vi.advanceTimersByTimeAsync(3000);
  const counts = decidedOn.flat();
  expect(counts.length).toBeGreaterThan(0);
  expect(Math.max(...counts)).toBeLessThanOrEqual(1_000_000);
});

test('the requests of a gateway that does not answer for a while are no burst when it answers again', async () => {
  const seen = countsOf({ other: (reading) => reading < 5 || reading >= 35 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(Math.max(...seen.flat())).toBeLessThanOrEqual(202);
  expect(Math.min(...seen.at(-1)!)).toBeGreaterThanOrEqual(198);
});

test('a plan that is cut off again and again while it is applied is tried at once, and then each interval', async () => {
  const next = clusterPlan({ stages: clusterPlan().stages.map((stage) => ({ ...stage, batch: 7 })) });
  let decisions = 0;
  const { adaptedMs, events } = watch({
    cutOff: 6,
    intervalS: 10,
    system: { plan: async (_, current) => (decisions++ === 0 ? next : current!) },
  });
  await vi.advanceTimersByTimeAsync(100_000);
  expect(adaptedMs.map((ms) => Math.round(ms / 1000))).toEqual([10, 10, 20, 30, 40, 50, 60]);
  expect(events.at(-1)).toContain(' became ');
});

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
