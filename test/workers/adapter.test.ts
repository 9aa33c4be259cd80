import { afterEach, describe, expect, test, vi } from 'vitest';
import { lastWindow } from '../../solver/adapt/predictors/last-window.ts';
import type { System } from '../../solver/adapt/system.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Adaptation } from '../../solver/documents/run-report.ts';
import { type AdaptationOptions, Adapter } from '../../workers/executor/adapter.ts';
import type { Executor } from '../../workers/executor/executor.ts';
import type { BatchRecord } from '../../workers/executor/types.ts';

describe('an adapter', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const planOf = (sha256: string) =>
    ({
      ratePerS: 1,
      stages: [{ name: 'detect', variant: 'v', backend: 'cpu', sha256 }],
      workers: [],
    }) as unknown as Plan;
  const [first, second, third, fourth] = [planOf('a'), planOf('b'), planOf('c'), planOf('d')];
  const larger = {
    ...second,
    workers: [{ id: 'x', backend: 'cpu', threads: 1, stages: [] }],
  } as unknown as Plan;

  /** Starts an adapter on a fake clock; its executor only remembers the plan that it was switched to. */
  function started(
    system: Partial<System>,
    {
      intervalS = 10,
      switchTo,
      correct,
    }: { intervalS?: number; switchTo?: Executor['switchTo'] } & Pick<AdaptationOptions, 'correct'> = {},
  ) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const asked: { atMs: number; counts: readonly number[]; current: Plan | undefined }[] = [];
    const steps: Adaptation['steps'] = [];
    const switches: Plan[] = [];
    const events: string[] = [];
    const startMs = performance.now();
    const executor = {
      plan: first,
      async switchTo(plan: Plan) {
        await switchTo?.(plan);
        executor.plan = plan;
      },
      rebatch(plan: Plan) {
        executor.plan = plan;
      },
    };
    const stub: System = {
      name: 'stub',
      overtaken: () => false,
      ...system,
      plan(load, current) {
        asked.push({ atMs: performance.now() - startMs, counts: load.countsPerS, current });
        return system.plan?.(load, current) ?? Promise.resolve(current!);
      },
    };
    const adapter = new Adapter(
      { system: stub, predictor: lastWindow, intervalS, ...(correct && { correct }) },
      executor as unknown as Executor,
      {
        onStep: (step) => steps.push(step),
        onSwitch: (plan) => switches.push(plan),
        onEvent: (what) => events.push(what),
      },
    );
    return { adapter, asked, steps, switches, events };
  }

  const moments = (asked: readonly { atMs: number }[]) => asked.map(({ atMs }) => atMs);

  test('decides every interval, on the whole seconds so far, silent ones too', async () => {
    const { adapter, asked } = started({}, { intervalS: 3 });
    for (const ms of [100, 200, 2100, 3500]) adapter.arrived(ms);
    await vi.advanceTimersByTimeAsync(7500);
    expect(moments(asked)).toEqual([3000, 6000]);
    expect(asked.map(({ counts }) => counts)).toEqual([
      [2, 0, 1],
      [2, 0, 1, 1, 0, 0],
    ]);
    adapter.stop();
  });

  test('that goes on for long still decides on the last two minutes', async () => {
    const { adapter, asked } = started({}, { intervalS: 200 });
    await vi.advanceTimersByTimeAsync(599_000);
    adapter.arrived(599_100);
    await vi.advanceTimersByTimeAsync(1500);
    expect(asked.map(({ counts }) => counts.length)).toEqual([120, 120, 120]);
    expect(asked.at(-1)!.counts.at(-1)).toBe(1);
    adapter.stop();
  });

  test('decides before its time where the forecast is overtaken', async () => {
    const overtaken: System['overtaken'] = ({ p90PerS }, counts) => counts.at(-1)! > p90PerS;
    const { adapter, asked } = started({ overtaken });
    adapter.arrived(12_500);
    await vi.advanceTimersByTimeAsync(30_500);
    expect(moments(asked)).toEqual([10_000, 13_000, 23_000]);
    adapter.stop();
  });

  test('tells of a switch when it is done, and goes on from there', async () => {
    const { adapter, asked, steps, switches } = started(
      { plan: async () => second },
      { switchTo: () => new Promise((resolve) => setTimeout(resolve, 4500)) },
    );
    await vi.advanceTimersByTimeAsync(14_000);
    expect(switches).toEqual([]);
    await vi.advanceTimersByTimeAsync(16_500);
    expect(switches).toEqual([second]);
    expect(asked.map(({ current }) => current)).toEqual([first, second, second]);
    expect(steps).toHaveLength(3);
    adapter.stop();
  });

  test('goes on deciding while a switch is under way; then only the newest plan follows', async () => {
    const decided = [second, third, fourth];
    const { adapter, asked, switches } = started(
      { plan: async (_, current) => decided.shift() ?? current! },
      { switchTo: () => new Promise((resolve) => setTimeout(resolve, 25_000)) },
    );
    await vi.advanceTimersByTimeAsync(34_000);
    expect(moments(asked)).toEqual([10_000, 20_000, 30_000]);
    expect(switches).toEqual([]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(switches).toEqual([second, fourth]);
    expect(asked.map(({ current }) => current)).toEqual([first, second, third, fourth, fourth, fourth]);
    adapter.stop();
  });

  test('lets the sessions that serve change their batches at once, until the others have started', async () => {
    const { adapter, switches } = started(
      { plan: async () => larger, interim: async () => third },
      { switchTo: () => new Promise((resolve) => setTimeout(resolve, 4500)) },
    );
    await vi.advanceTimersByTimeAsync(11_000);
    expect(switches).toEqual([third]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(switches).toEqual([third, larger]);
    adapter.stop();
  });

  test('keeps a plan whose workers started while new batches for the plan before were being found', async () => {
    let decisions = 0;
    const { adapter, switches } = started(
      {
        plan: async () => larger,
        async interim(_load, serving) {
          // The second decision takes longer than what is left of the switch.
          if (++decisions === 2) await new Promise((resolve) => setTimeout(resolve, 5000));
          return decisions === 2 ? third : serving;
        },
      },
      { switchTo: () => new Promise((resolve) => setTimeout(resolve, 12_000)) },
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(switches).toEqual([larger]);
    adapter.stop();
  });

  test.each([
    ['the system knows none', { plan: () => Promise.reject(new Error('no idea')) }, undefined, 0],
    [
      'its workers cannot be started',
      { plan: async () => second },
      () => Promise.reject(new Error('no idea')),
      2,
    ],
  ])('keeps the plan where %s, says so, and tries again', async (_, system, switchTo, decisions) => {
    const { adapter, asked, steps, switches, events } = started(system, { ...(switchTo && { switchTo }) });
    await vi.advanceTimersByTimeAsync(20_500);
    expect(events).toEqual(['the plan stays: no idea', 'the plan stays: no idea']);
    expect(switches).toEqual([]);
    expect(asked.map(({ current }) => current)).toEqual([first, first]);
    expect(steps).toHaveLength(decisions);
    adapter.stop();
  });

  const batch = (items: number, serviceMs: number, more: Partial<BatchRecord> = {}): BatchRecord => ({
    ...{ stage: 'detect', variant: 'v', backend: 'cpu', worker: 'w', items, serviceMs },
    ...{ startMs: 0, waitedMs: 0, ...more },
  });

  /** Makes a correction that remembers what it is given. @param texts that its first call returns */
  function recorded(...texts: string[]) {
    const seen: unknown[] = [];
    const correct: AdaptationOptions['correct'] = (timed, elapsedMs, plan) => {
      seen.push([Object.fromEntries(timed), elapsedMs, plan]);
      return seen.length === 1 ? texts : [];
    };
    return { seen, correct };
  }

  test('corrects what plans are made from by the batches of each ten seconds, but not by those of standbys', async () => {
    const { seen, correct } = recorded('a batch takes longer');
    const { adapter, events } = started({}, { correct });
    adapter.ran(batch(1, 10));
    adapter.ran(batch(3, 20));
    adapter.ran(batch(4, 5, { standby: 'planned' }));
    await vi.advanceTimersByTimeAsync(10_500);
    adapter.ran(batch(2, 7));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen).toEqual([
      [{ detect: { batches: 2, items: 4, ms: 30 } }, 10_000, first],
      [{ detect: { batches: 1, items: 2, ms: 7 } }, 10_000, first],
    ]);
    expect(events).toEqual(['a batch takes longer']);
    adapter.stop();
  });

  test('does not count batches of the plan before as those of the plan that serves', async () => {
    const { seen, correct } = recorded();
    const { adapter } = started(
      { plan: async () => second },
      { correct, intervalS: 4, switchTo: () => new Promise((resolve) => setTimeout(resolve, 2000)) },
    );
    await vi.advanceTimersByTimeAsync(3000);
    adapter.ran(batch(1, 10));
    await vi.advanceTimersByTimeAsync(2000);
    adapter.ran(batch(1, 15)); // while the workers of the second plan start
    await vi.advanceTimersByTimeAsync(2000);
    adapter.ran(batch(1, 20));
    await vi.advanceTimersByTimeAsync(9500);
    expect(seen).toEqual([
      [{ detect: { batches: 1, items: 1, ms: 10 } }, 4000, first],
      [{ detect: { batches: 1, items: 1, ms: 20 } }, 10_000, second],
    ]);
    adapter.stop();
  });

  test('does not count batches that the sessions of the plan before end after the switch', async () => {
    const { seen, correct } = recorded();
    const { adapter } = started({}, { correct });
    adapter.ran(batch(1, 10));
    adapter.ran(batch(1, 500, { variant: 'heavier' }));
    adapter.ran(batch(1, 90, { backend: 'webgpu' }));
    adapter.ran(batch(1, 90, { stage: 'a-heavy-row-that-has-gone' }));
    await vi.advanceTimersByTimeAsync(10_500);
    expect(seen).toEqual([[{ detect: { batches: 1, items: 1, ms: 10 } }, 10_000, first]]);
    adapter.stop();
  });

  test('switches to a plan of the same choice that was made with another correction of the profile', async () => {
    const slower: Plan = { ...first, inService: { batches: { cpu: 1.2 } } };
    const { adapter, switches } = started({ plan: async () => structuredClone(slower) });
    await vi.advanceTimersByTimeAsync(30_500);
    expect(switches).toEqual([slower]);
    adapter.stop();
  });

  test('that was stopped decides nothing any more, and starts nothing that was being decided', async () => {
    let answer: (plan: Plan) => void = () => {};
    const { adapter, asked, steps, switches } = started({
      plan: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    await vi.advanceTimersByTimeAsync(10_500);
    adapter.stop();
    answer(second);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(1);
    expect(switches).toEqual([]);
    expect(steps).toEqual([]);
  });

  test.each([
    ['ends', () => new Promise<void>((resolve) => setTimeout(resolve, 4500))],
    ['fails', () => new Promise<void>((_, reject) => setTimeout(() => reject(new Error('closed')), 4500))],
  ])('that was stopped does not tell of a switch that %s afterwards', async (_, switchTo) => {
    const { adapter, switches, events } = started({ plan: async () => second }, { switchTo });
    await vi.advanceTimersByTimeAsync(12_000);
    adapter.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(switches).toEqual([]);
    expect(events).toEqual([]);
  });
});
