import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { InvalidDocumentError } from '../../solver/documents/document.ts';
import { InfeasiblePlanError, NothingMeasuredError } from '../../solver/plan/errors.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { spawnWorker } from '../../workers/environment/node.ts';
import { openPlanner } from '../../workers/planner/node.ts';
import { frontierOnce, planOnce } from '../../workers/planner/once.ts';
import { RemotePlanner } from '../../workers/planner/remote.ts';
import { PlannerService } from '../../workers/planner/service.ts';
import { WorkerLostError } from '../../workers/runtime/errors.ts';
import type { RawWorker } from '../../workers/stage/stage-worker.ts';
import { identify } from '../../workers/store/exchange.ts';
import { pipeline } from '../solver/pipelines.ts';
import { request } from '../solver/profiles.ts';

const WORKER = fileURLToPath(new URL('../../workers/planner/worker.node.ts', import.meta.url));
/** The endpoint of a worker that never answers. */
const SILENT = { postMessage: () => {}, addEventListener: () => {}, removeEventListener: () => {} };
const profile = await identify(pipeline({ stages: { detect: { s: { accuracy: 0.8, ms: 20 } } } }));

test('a planner in a child process plans, solves alone, tells what is infeasible, and ends with its calls', async () => {
  const planner = openPlanner();
  const { stages } = await planner.plan(profile, request({ slaMs: 1000 }));
  expect(stages.map(({ variant }) => variant)).toEqual(['s']);

  const solved = await planner.solve(profile, request({ slaMs: 1000 }));
  expect(solved.plan.stages).toEqual(stages);
  await expect(planner.solve(profile, request({ slaMs: 1 }))).rejects.toBeInstanceOf(InfeasiblePlanError);

  const tooShort = planner.plan(profile, request({ slaMs: 1 }));
  await expect(tooShort).rejects.toBeInstanceOf(InfeasiblePlanError);
  await expect(tooShort).rejects.toMatchObject({ request: { slaMs: 1 }, nearestSlaMs: expect.any(Number) });

  const waiting = planner.plan(profile, request({ slaMs: 1000 }));
  planner.close();
  await expect(waiting).rejects.toBeInstanceOf(WorkerLostError);
  await expect(planner.plan(profile, request({ slaMs: 1000 }))).rejects.toBeInstanceOf(WorkerLostError);
});

test('an error of planning keeps its class on its way out of the worker', async () => {
  const planner = openPlanner();
  onTestFinished(() => planner.close());
  const elsewhere = planner.solve(profile, request({ backends: ['cuda'] }));
  await expect(elsewhere).rejects.toBeInstanceOf(NothingMeasuredError);
});

test.each([
  { ratePerS: 0 },
  { slaMs: Number.POSITIVE_INFINITY },
  { percentile: 100 },
  { objective: { beta: -1 } },
  { resources: { cores: Number.NaN } },
])('the request %j is refused, because no plan could state it', async (asked) => {
  const wrong = { slaMs: 1000, ratePerS: 1, ...asked };
  for (const ask of [planOnce, frontierOnce])
    await expect(ask(profile.profile, wrong)).rejects.toBeInstanceOf(InvalidDocumentError);
});

test('a request that planRequest has not completed is refused with the fields that it lacks', async () => {
  const planner = openPlanner();
  onTestFinished(() => planner.close());
  const partial = { slaMs: 1000, ratePerS: 1 } as PlanRequest;
  for (const method of ['plan', 'solve', 'frontier'] as const) {
    const refused = expect(planner[method](profile, partial)).rejects;
    await refused.toBeInstanceOf(InvalidDocumentError);
    await refused.toThrow('objective: expected object, found nothing');
  }
});

test('calls about several profiles at once are each answered on their own profile', async () => {
  const other = await identify(pipeline({ stages: { detect: { l: { accuracy: 0.9, ms: 30 } } } }));
  const planner = openPlanner();
  onTestFinished(() => planner.close());
  const asked = [profile, other, profile];
  const plans = await Promise.all(asked.map((one) => planner.plan(one, request({ slaMs: 1000 }))));
  expect(plans.map((plan) => plan.profile.sha256)).toEqual(asked.map(({ sha256 }) => sha256));
  expect(plans.map(({ stages }) => stages[0]!.variant)).toEqual(['s', 'l', 's']);
});

test('a profile that is set while the planner of another one opens is the one that later plans are made on', async () => {
  const other = await identify(pipeline({ stages: { detect: { t: { accuracy: 0.9, ms: 10 } } } }));
  const service = new PlannerService();
  await service.planOn(profile);
  const first = service.plan(request({ slaMs: 1000 }));
  await service.planOn(other);
  await first;
  expect(await service.plan(request({ slaMs: 1000 }))).toMatchObject({
    ok: { profile: { sha256: other.sha256 } },
  });
});

test('a planner that hangs is ended, and started again by the next call', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const terminate = vi.fn();
  const hangs = () => ({ endpoint: SILENT, gone: new Promise<string>(() => {}), terminate });
  const start = vi.fn(() => spawnWorker(WORKER)).mockImplementationOnce(hangs);
  const planner = new RemotePlanner(start);
  onTestFinished(() => planner.close());
  const lost = expect(planner.plan(profile, request({ slaMs: 1000 }))).rejects.toThrow(
    'Worker planner was lost: a call took longer than 10 min',
  );
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  await lost;
  expect(terminate).toHaveBeenCalledOnce();
  await planner.plan(profile, request({ slaMs: 1000 }));
  expect(start).toHaveBeenCalledTimes(2);
});

test('a planner that died between two calls is started again by the next one', async () => {
  const started: RawWorker[] = [];
  const planner = new RemotePlanner(() => {
    started.push(spawnWorker(WORKER));
    return started.at(-1)!;
  });
  onTestFinished(() => planner.close());
  const stages = async () => (await planner.solve(profile, request({ slaMs: 1000 }))).plan.stages;
  const before = await stages();
  started[0]!.terminate();
  await started[0]!.gone;
  expect(await stages()).toEqual(before);
  expect(started).toHaveLength(2);
});

test('a planner that dies before it has the profile is said to be lost, ended, and started again by the next call', async () => {
  const terminate = vi.fn();
  const start = vi.fn(() => ({ endpoint: SILENT, gone: Promise.resolve('exit code 1'), terminate }));
  const planner = new RemotePlanner(start);
  for (const calls of [1, 2]) {
    const plan = planner.plan(profile, request({ slaMs: 1000 }));
    await expect(plan).rejects.toThrow(
      'Worker planner was lost: exit code 1. Try again: a new worker then takes its place.',
    );
    expect(start).toHaveBeenCalledTimes(calls);
    expect(terminate).toHaveBeenCalledTimes(calls);
  }
});
