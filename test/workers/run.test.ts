import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { ItemTruth } from '../../models/tasks/judge.ts';
import { addScores, metricOf, NO_SCORE, type Score } from '../../models/tasks/score.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { parseRunReport } from '../../solver/documents/run-report.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { run } from '../../workers/executor/run.ts';
import type { EndedRequest, RunProgress, RunWatch } from '../../workers/executor/run-options.ts';
import { loadFashion } from './fashion.ts';
import { handPlan } from './hand-plan.ts';

let models: LoadedManifest;

beforeAll(async () => {
  models = await loadFashion();
});

function runOf(
  load: { ratePerS: number; durationS: number },
  watch: Partial<RunWatch>,
  signal?: AbortSignal,
  plan = handPlan(models, { backend: 'cpu', workers: [['detect', 'classify']] }),
  seed = 1,
  of = models,
) {
  const quiet: RunWatch = { onPlan() {}, onSent() {}, onEnded() {}, onBatch() {}, onEvent() {} };
  return run({
    name: 'plan',
    plan,
    backends: ['cpu'],
    models: of,
    environment: nodeEnvironment(),
    load: constantLoad(load.ratePerS, load.durationS, 1),
    seed,
    watch: { ...quiet, ...watch },
    ...(signal && { signal }),
  });
}

test('a plan of other models does not run', async () => {
  const plan = handPlan(models, { backend: 'cpu', workers: [['detect', 'classify']] });
  const [detect, classify] = plan.stages;
  const others: [Partial<Plan>, RegExp][] = [
    [{ pipeline: 'mail' }, /it is of pipeline mail, and the models here are of fashion/],
    [{ stages: [detect!, { ...classify!, variant: 'none' }] }, /stage classify has no variant none here/],
    [{ stages: [detect!, { ...classify!, sha256: '0'.repeat(64) }] }, /classify\/mlp64 has SHA-256 0{64}/],
  ];
  for (const [other, why] of others)
    await expect(runOf({ ratePerS: 1, durationS: 1 }, {}, undefined, { ...plan, ...other })).rejects.toThrow(
      expect.objectContaining({ name: 'OtherModelsError', message: expect.stringMatching(why) }),
    );
});

test('a run whose options its report could not state does not start', async () => {
  const options = {
    name: 'plan',
    plan: handPlan(models, { backend: 'cpu', workers: [['detect', 'classify']] }),
    backends: ['cpu' as const],
    models,
    environment: { ...nodeEnvironment(), spawn: () => expect.unreachable('a worker was started') },
    load: constantLoad(1, 1, 1),
    seed: 1,
  };
  const wrong: [string, object][] = [
    ['plan', { plan: undefined }],
    ['plan.schema', { plan: { schema: 'ipa-edge/profile@1' } }],
    ['models', { models: Promise.resolve(models) }],
    ['environment', { environment: nodeEnvironment }],
    ['adaptation.intervalS', { adaptation: { intervalS: '10' } }],
    ['signal', { signal: 1 }],
    ['onProgress', { onProgress: 1 }],
    ['watch.onEvent', { watch: {} }],
    ['seed', { seed: 0.5 }],
    ['name', { name: undefined }],
    ['backends', { backends: undefined }],
    ['load', { load: undefined }],
    ['load.ratePerS', { load: { ...options.load, ratePerS: '1' } }],
    ['load.arrivalsMs', { load: { ...options.load, arrivalsMs: Float64Array.of(100, Number.NaN) } }],
    ['load.arrivalsMs', { load: { ...options.load, arrivalsMs: Float64Array.of(200, 100) } }],
  ];
  for (const [field, changed] of wrong)
    await expect(run({ ...options, ...changed })).rejects.toThrow(
      expect.objectContaining({
        name: 'InvalidDocumentError',
        message: expect.stringContaining(`  ${field}: expected`),
      }),
    );
});

test('a run that is stopped while its pack is read does not wait for the pack', async () => {
  const done = new AbortController();
  const endless = {
    ...models,
    readPack() {
      done.abort(new Error('stopped'));
      return new Promise<never>(() => {});
    },
  };
  const stopped = runOf({ ratePerS: 1, durationS: 1 }, {}, done.signal, undefined, 1, endless);
  await expect(stopped).rejects.toThrow('stopped');
});

test('whoever watches a run is told what its report is made of', async () => {
  const told = { sent: 0, items: 0, plans: 0 };
  const ended: EndedRequest[] = [];
  const report = await runOf(
    { ratePerS: 30, durationS: 2 },
    {
      onPlan: ({ atMs }) => {
        expect(atMs).toBe(0);
        told.plans++;
      },
      onSent: () => told.sent++,
      onEnded: (request) => ended.push(request),
      onBatch: ({ stage, items }) => {
        if (stage === 'detect') told.items += items;
      },
    },
  );
  expect(told).toEqual({ sent: 60, items: 60, plans: 1 });
  expect(ended.map(({ arrivalMs }) => arrivalMs).sort((a, b) => a - b)).toEqual(
    report.requests.map(({ arrivalMs }) => arrivalMs),
  );
  const score = ended.map((request) => request.score!).reduce<Score>(addScores, NO_SCORE);
  expect(metricOf(score)).toBe(report.result.accuracy.endToEnd);
});

test('a run that is stopped reports what was sent, over the time until then', async () => {
  const stop = new AbortController();
  let sent = 0;
  const onSent = () => {
    if (++sent === 20) stop.abort();
  };
  const report = parseRunReport(
    await runOf({ ratePerS: 40, durationS: 600 }, { onSent }, stop.signal),
    'the run',
  );
  const { load, result } = report;
  expect(load.requests).toBe(20);
  expect(result.completed + result.shed + result.failed).toBe(20);
  expect(load.durationS).toBeLessThan(600);
  expect(load.ratePerS).toBeCloseTo(20 / load.durationS, 9);
  expect(result.goodputPerS).toBeCloseTo((20 * result.slaAttainment!) / load.durationS, 9);
});

test.each(['onPlan', 'onSent', 'onBatch', 'onEnded'] as const)(
  'a run whose async watcher rejects in %s ends early, with what was thrown',
  async (callback) => {
    const own = new Error('of the watcher');
    const ran = runOf({ ratePerS: 40, durationS: 600 }, { [callback]: () => Promise.reject(own) });
    await expect(ran).rejects.toBe(own);
  },
);

test.each(['onPlan', 'onSent', 'onBatch', 'onEnded'] as const)(
  'a run whose watcher throws in %s ends early, with what was thrown',
  async (callback) => {
    const own = new Error('of the watcher');
    const ran = runOf(
      { ratePerS: 40, durationS: 600 },
      {
        [callback]() {
          throw own;
        },
      },
    );
    await expect(ran).rejects.toBe(own);
  },
);

test('a run whose labels cannot be judged ends with the error, which nothing else in the process meets', async () => {
  const pack = await models.readPack();
  const truths = pack.truths!.map(() => ({}) as ItemTruth);
  const mislabelled = { ...models, readPack: async () => ({ ...pack, truths }) };
  const ran = runOf({ ratePerS: 40, durationS: 600 }, {}, undefined, undefined, undefined, mislabelled);
  await expect(ran).rejects.toThrow(TypeError);
});

test('a run that is stopped before its first request ends at once, for the reason of the stop', async () => {
  const [load, reason] = [{ ratePerS: 40, durationS: 60 }, new Error('enough')];
  await expect(runOf(load, {}, AbortSignal.abort(reason))).rejects.toBe(reason);
  // The stop comes while a worker starts, whose models are never read to the end.
  const stop = new AbortController();
  const readModels = vi.spyOn(models, 'readModels').mockImplementationOnce(() => {
    stop.abort(reason);
    return new Promise(() => {});
  });
  onTestFinished(() => readModels.mockRestore());
  await expect(runOf(load, {}, stop.signal)).rejects.toBe(reason);
  // The stop comes when all workers serve, before the first request.
  const late = new AbortController();
  await expect(runOf(load, { onPlan: () => late.abort(reason) }, late.signal)).rejects.toBe(reason);
});

test('a run tells its progress before its first request, which may be due hours later', async () => {
  const [stop, reason] = [new AbortController(), new Error('enough')];
  const told: RunProgress[] = [];
  const ran = run({
    name: 'plan',
    plan: handPlan(models, { backend: 'cpu', workers: [['detect', 'classify']] }),
    backends: ['cpu'],
    models,
    environment: nodeEnvironment(),
    load: constantLoad(0.0001, 20_000, 1),
    seed: 1,
    signal: stop.signal,
    onProgress(now) {
      told.push(now);
      stop.abort(reason);
    },
  });
  await expect(ran).rejects.toBe(reason);
  expect(told).toMatchObject([{ sent: 0, ended: 0, total: 2 }]);
});
