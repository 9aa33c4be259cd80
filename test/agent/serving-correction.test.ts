import { expect, test } from 'vitest';
import { ServingCorrection } from '../../solver/adapt/serving-correction.ts';
import { type Counts, NO_BATCHES, NOTHING, sessionText } from '../../solver/adapt/serving-counts.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { hopMeanMs, requestCostOf } from '../../solver/plan/serving.ts';
import { fashionProfile } from './kubernetes/fashion-profile.ts';
import { clusterPlan } from './kubernetes/objects/plans.ts';

const always = (delayMs: number) => [{ percentile: 50, delayMs }];
const hop = (items: number, ms: number) => ({
  stage: 'detect',
  items,
  n: 100,
  gatewayMs: 0.5,
  podMs: 0.1,
  latency: always(ms),
});
const serving: Profile['serving'] = {
  requests: [{ body: 'binary', bodyBytes: 100, n: 100, coreMs: 2, latency: always(3) }],
  hops: [hop(1, 1), hop(3, 2)],
};
const profile: Profile = { ...fashionProfile(), serving };
const correction = () => new ServingCorrection({ profile, sha256: 'a'.repeat(64) });
const plan = clusterPlan();

/** Counts of batches of two items, whose way to a pod and back took `wayMs`. By the profile it takes 1.5 ms. */
const batches = (n: number, wayMs: number, more: Partial<Counts> = {}): Counts => ({
  ...NOTHING,
  rows: new Map([['detect', { ...NO_BATCHES, batches: n, items: 2 * n, hops: n, hopMs: n * wayMs }]]),
  ...more,
});

/** Takes the same counts every ten seconds for ten minutes. */
const tenMinutes = (of: ServingCorrection, counts: Counts, by = plan): string[] =>
  Array.from({ length: 60 }, () => of.take(counts, 10_000, by)).flat();

test('a way to pods that takes twice what the profile says comes into what plans are made from, slowly, and is told', () => {
  const corrected = correction();
  expect(corrected.take(batches(500, 3), 1000, plan)).toEqual([]);
  expect(corrected.profile.profile).toBe(profile);
  const told = tenMinutes(corrected, batches(500, 3));
  expect(told.at(-1)).toMatch(/^the way to pods of detect takes 1\.[678]\d times as long as in the profile/);
  // The correction reports only changes of at least a tenth, so there are few lines.
  expect(told.length).toBeLessThan(8);
  const factor = hopMeanMs(corrected.profile.profile, 'detect', 2)! / 1.5;
  expect(factor).toBeGreaterThan(1.65);
  expect(factor).toBeLessThan(2);
  // The corrected profile keeps the id of the measured one, so plans still name the measured profile.
  expect(corrected.profile.sha256).toBe('a'.repeat(64));
});

test('batches on their way to pods of a heavy variant count for the stage of their cascade', () => {
  const [detect] = plan.stages;
  const escalation = { from: 'detect', below: 0.5, share: 0.3, accuracy: 0.9 };
  const heavy = { ...detect!, name: 'detect-heavy', escalation };
  const counts = { ...NO_BATCHES, batches: 500, items: 1000, hops: 500, hopMs: 1500 };
  const corrected = correction();
  for (let i = 0; i < 60; i++)
    corrected.take({ ...NOTHING, rows: new Map([['detect-heavy', counts]]) }, 10_000, {
      ...plan,
      stages: [...plan.stages, heavy],
    });
  expect(hopMeanMs(corrected.profile.profile, 'detect', 2)! / 1.5).toBeGreaterThan(1.65);
});

test('a way to pods that takes longer only because pods were idle before changes nothing', () => {
  // By this profile, a pause delays the way of the next batch by 20 ms for each second of the pause.
  const hopPauses = [{ pauseMs: 1000, n: 100, delays: always(20) }];
  const paused = new ServingCorrection({
    profile: { ...profile, serving: { ...serving, hopPauses } },
    sha256: 'a'.repeat(64),
  });
  // Each of the plan's pods gets a batch every 100 ms on average, so that pauses delay batches by 2 ms on average.
  const pods = plan.workers.filter(({ stages }) => stages.includes('detect')).length;
  expect(tenMinutes(paused, batches(100 * pods, 1.5 + 2))).toEqual([]);
  expect(tenMinutes(paused, batches(100 * pods, 3 + 2)).at(-1)).toMatch(/takes 1\.[678]\d times/);
});

test('what is as the profile says changes nothing and tells nothing', () => {
  const corrected = correction();
  expect(tenMinutes(corrected, batches(500, 1.5))).toEqual([]);
  expect(corrected.profile.profile).toBe(profile);
});

test('the core time of requests is what the process took less what batches took, and adds to their latency', () => {
  const corrected = correction();
  // In 10 s, the process spends 5 ms of core time on each of 1000 requests, and 0.5 ms on each of 4000 batches.
  const counts = batches(4000, 1.5, { accepted: 1000, coreMs: 7000 });
  const told = tenMinutes(corrected, counts);
  expect(told.at(-1)).toMatch(/^a request outside the models takes 2\.[1-4]\d times/);
  const { coreMs, latency } = requestCostOf(corrected.profile.profile, {})!;
  expect(coreMs).toBeGreaterThan(4.2);
  expect(latency[0]!.delayMs).toBeCloseTo(3 + coreMs - 2, 9);
});

test('a process that has hardly anything to do tells nothing of what requests cost', () => {
  expect(tenMinutes(correction(), { ...NOTHING, accepted: 50, coreMs: 900 })).toEqual([]);
});

test('an overload, in which refused requests take core time too, tells nothing of what accepted ones cost', () => {
  const corrected = correction();
  expect(tenMinutes(corrected, { ...NOTHING, accepted: 1000, rejected: 4000, coreMs: 4000 })).toEqual([]);
  expect(corrected.profile.profile).toBe(profile);
  // With at most a tenth as many refusals as accepted requests, the correction still counts the core time.
  const few = { ...NOTHING, accepted: 1000, rejected: 50, coreMs: 4000 };
  expect(tenMinutes(corrected, few).at(-1)).toMatch(/^a request outside the models takes/);
});

test('a profile that did not measure serving is not corrected', () => {
  const { serving: _, ...without } = profile;
  const corrected = new ServingCorrection({ profile: without, sha256: 'a'.repeat(64) });
  expect(tenMinutes(corrected, batches(500, 9, { accepted: 1000, coreMs: 9000 }))).toEqual([]);
});

/** A plan that expects 20 ms in the worker for two items of `detect`, and the 1.5 ms of the profile for their way. */
const timedPlan: Plan = {
  ...plan,
  stages: plan.stages.map((row) => ({ ...row, serviceMs: [{ items: 2, meanMs: 21.5 }] })),
};
const EXPECTED_MS = 500 * 20;
const meanMs = ({ cells }: Profile): number =>
  cells.flatMap((cell) =>
    cell.state === 'measured' && cell.backend === 'cpu' ? [cell.latencyMs.mean] : [],
  )[0]!;
/** Counts of 500 batches of two items of `detect`, which ran for `runMs` in all. */
const counted = (runMs: number, more: Partial<Counts> = {}): Counts => ({
  ...NOTHING,
  rows: new Map([['detect', { ...NO_BATCHES, batches: 500, items: 1000, runs: 500, runItems: 1000, runMs }]]),
  ...more,
});

test('batches that take longer in their workers than the profile says come into what plans are made from', () => {
  const corrected = correction();
  const texts = tenMinutes(corrected, counted(1.5 * EXPECTED_MS), timedPlan);
  expect(texts.at(-1)).toMatch(/^a batch on cpu takes 1\.[45]\d times as long as in the profile/);
  const factor = meanMs(corrected.profile.profile) / meanMs(profile);
  expect(factor).toBeGreaterThan(1.35);
  expect(factor).toBeLessThanOrEqual(1.5);
});

test('batches that a gateway may have run with the session of another plan count nothing', () => {
  const [row] = timedPlan.stages;
  const sessions = (...all: string[]) => ({ sessions: new Map([['detect', new Set(all)]]) });
  const of = (more: object) => tenMinutes(correction(), counted(1.5 * EXPECTED_MS, more), timedPlan);
  expect(of(sessions(sessionText(row!))).length).toBeGreaterThan(0);
  expect(of(sessions(sessionText(row!), 'another cpu'))).toEqual([]);
  expect(of(sessions('another cpu'))).toEqual([]);
});

test('what an earlier process has corrected stays, and is corrected further', () => {
  const [before, after] = [correction(), correction()];
  tenMinutes(before, counted(1.5 * EXPECTED_MS), timedPlan);
  const { inService } = before.profile;
  expect(inService!.batches!.cpu).toBeGreaterThan(1.35);
  const plan: Plan = { ...timedPlan, inService: inService! };
  after.resume(plan);
  expect(after.profile).toEqual(before.profile);
  // The plan expects the corrected times, but batches now take the times of the measured profile again.
  const asMeasured = EXPECTED_MS / inService!.batches!.cpu!;
  expect(tenMinutes(after, counted(asMeasured), plan).at(-1)).toMatch(/^a batch on cpu takes 1\.0/);
});
