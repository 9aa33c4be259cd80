import { expect, it } from 'vitest';
import { AdaptationClock, CHECK_MS } from '../../../solver/adapt/clock.ts';
import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import type { LoadState, System } from '../../../solver/adapt/system.ts';
import type { Served } from '../../../solver/dispatch/types.ts';
import type { Plan } from '../../../solver/documents/plan.ts';

const planOf = (sha256: string) => ({ ratePerS: 1, stages: [{ sha256 }], workers: [] }) as unknown as Plan;
const [first, second, third] = [planOf('a'), planOf('b'), planOf('c')];

interface Load {
  readonly arrivalsMs?: readonly number[];
  readonly untilMs: number;
}

/** Checks a load from its start on, while the first plan serves. @returns the times of the clock's decisions, in ms */
async function looks(clock: AdaptationClock, { arrivalsMs = [], untilMs }: Load) {
  const decisions: number[] = [];
  for (const ms of arrivalsMs) clock.arrived(ms);
  for (let atMs = clock.nextCheckMs(0); atMs <= untilMs; atMs = clock.nextCheckMs(atMs))
    if (await clock.check(atMs, first)) decisions.push(atMs);
  return decisions;
}

function clockOf(plan: System['plan'] = async (_, current) => current!, forecastPerS?: number) {
  const told: { counts: readonly number[]; current: Plan | undefined }[] = [];
  const system: System = {
    name: 'stub',
    plan(load: LoadState, current) {
      told.push({ counts: load.countsPerS, current });
      return plan(load, current);
    },
    overtaken: ({ p90PerS }, countsPerS) => countsPerS.at(-1)! > p90PerS,
  };
  const forecast =
    forecastPerS === undefined ? undefined : { medianPerS: forecastPerS, p90PerS: forecastPerS };
  const options = { system, predictor: lastWindow, intervalMs: 10 * CHECK_MS };
  return { clock: new AdaptationClock(options, first, forecast), told };
}

it('decides every interval, on whole seconds, those without requests too', async () => {
  const { clock, told } = clockOf();
  expect(await looks(clock, { arrivalsMs: [100, 200, 2100, 10_000], untilMs: 25_000 })).toEqual([
    10_000, 20_000,
  ]);
  expect(told[0]!.counts).toEqual([2, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  expect(told[1]!.counts.slice(10)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

it('decides every interval although a timer calls it later one time than another', async () => {
  const { clock } = clockOf();
  const decisions: number[] = [];
  for (const atMs of [9004, 10_004, 19_001, 20_001, 21_001, 29_002, 30_000])
    if (await clock.check(atMs, first)) decisions.push(atMs);
  expect(decisions).toEqual([10_004, 20_001, 30_000]);
});

it('decides on two minutes at most', async () => {
  const { clock, told } = clockOf();
  await looks(clock, { arrivalsMs: [199_500], untilMs: 200_000 });
  expect(told.at(-1)!.counts).toEqual([...Array(119).fill(0), 1]);
});

it('counts requests in their seconds after the first ones were forgotten, too', async () => {
  const { clock, told } = clockOf();
  await looks(clock, { untilMs: 200_000 });
  clock.arrived(205_500);
  await clock.check(210_000, first);
  expect(told.at(-1)!.counts).toEqual([...Array(115).fill(0), 1, ...Array(4).fill(0)]);
});

it.each([
  ['before its time where a second brings more than the first plan was made for', 1, [3000, 13_000]],
  ['by the interval where the load is as foreseen', 2, [10_000]],
  ['by the interval where nothing was foreseen yet', undefined, [10_000]],
])('decides %s', async (_, forecastPerS, expected) => {
  const { clock } = clockOf(undefined, forecastPerS);
  expect(await looks(clock, { arrivalsMs: [2100, 2200], untilMs: 13_000 })).toEqual(expected);
});

it('decides nothing while no other second is known, and then on what it was told meanwhile', async () => {
  const { clock, told } = clockOf();
  clock.known(0);
  expect(await looks(clock, { untilMs: 12_000 })).toEqual([]);
  clock.arrived(11_500);
  clock.known(13_000);
  expect(await clock.check(13_000, first)).toBeDefined();
  expect(told[0]!.counts).toEqual([...Array(11).fill(0), 1, 0]);
  expect(await clock.check(33_000, first)).toBeUndefined();
});

it('leaves out a second that is known only in part', async () => {
  const { clock, told } = clockOf();
  for (const ms of [8500, 9100]) clock.arrived(ms);
  clock.known(9600);
  expect(await clock.check(10_000, first)).toBeDefined();
  clock.arrived(9700);
  clock.known(20_000);
  expect(await clock.check(20_000, first)).toBeDefined();
  expect(told.map(({ counts }) => counts.slice(8))).toEqual([[1], [1, 2, ...Array(10).fill(0)]]);
});

it('tells the system of the requests since the load began', async () => {
  const told: (Served | undefined)[] = [];
  const system: System = {
    name: 'stub',
    async plan({ served }, current) {
      told.push(served);
      return current!;
    },
    overtaken: () => false,
  };
  const options = { system, predictor: lastWindow, intervalMs: 10 * CHECK_MS };
  const clock = new AdaptationClock(options, first, undefined, { open: 1, ended: 1000, missed: 200 });
  await clock.check(10_000, first, { open: 3, ended: 1040, missed: 201 });
  expect(told).toEqual([{ open: 3, ended: 40, missed: 1 }]);
  // One request more has ended at each check; those of more than 20 minutes ago no longer count.
  for (let s = 11; s <= 1500; s++)
    await clock.check(1000 * s, first, { open: 0, ended: 1040 + s, missed: 201 });
  expect(told.at(-1)).toEqual({ open: 0, ended: 1200, missed: 0 });
});

it('waits an interval after a decision that failed', async () => {
  const { clock } = clockOf(() => Promise.reject(new Error('no idea')));
  await expect(clock.check(10_000, first)).rejects.toThrow('no idea');
  expect(await clock.check(11_000, first)).toBeUndefined();
  await expect(clock.check(20_000, first)).rejects.toThrow('no idea');
});

it('waits an interval after a decision that failed, also while the load is above the last forecast', async () => {
  const { clock } = clockOf(() => Promise.reject(new Error('no idea')), 1);
  for (let ms = 1500; ms < 14_000; ms += 400) clock.arrived(ms);
  await expect(clock.check(3000, first)).rejects.toThrow('no idea');
  for (let atMs = 4000; atMs < 13_000; atMs += CHECK_MS)
    expect(await clock.check(atMs, first)).toBeUndefined();
  await expect(clock.check(13_000, first)).rejects.toThrow('no idea');
});

it('goes on from the plan that it decided on, or from the one that serves where that could not be started', async () => {
  const plans = [second, third];
  const { clock, told } = clockOf(async (_, current) => plans.shift() ?? current!);
  expect((await clock.check(10_000, first))!.plan).toBe(second);
  expect((await clock.check(20_000, first))!.plan).toBe(third);
  // `second` is not the newest plan any more, so its failure changes nothing.
  clock.failed(second, first);
  await clock.check(30_000, first);
  clock.failed(third, first);
  await clock.check(40_000, first);
  expect(told.map(({ current }) => current)).toEqual([first, second, third, first]);
});
