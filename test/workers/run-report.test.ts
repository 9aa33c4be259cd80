import { describe, expect, it } from 'vitest';
import type { Pack } from '../../models/packs/pack.ts';
import type { ItemAnswer } from '../../models/tasks/judge.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Item as QueuedItem } from '../../solver/dispatch/types.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { parseRunReport } from '../../solver/documents/run-report.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { Judge } from '../../workers/executor/judge.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { Requests } from '../../workers/executor/requests.ts';
import { runReport } from '../../workers/executor/run-report.ts';
import type { BatchRecord } from '../../workers/executor/types.ts';
import { loadFashion } from './fashion.ts';
import { handPlan } from './hand-plan.ts';

const models = await loadFashion();

const planOn = (backend: Backend) => handPlan(models, { backend, workers: [['detect', 'classify']] });

const planWith = (heavy: string, below: number) =>
  handPlan(models, {
    backend: 'cpu',
    cascade: { heavy, below },
    workers: [['detect', 'classify', 'classify-heavy']],
  });

/** Makes a batch that took a millisecond on a CPU and did not wait. */
const ran = (stage: string, variant: string, items: number): BatchRecord => ({
  ...{ stage, variant, items, backend: 'cpu', worker: 'w' },
  ...{ startMs: 0, serviceMs: 1, waitedMs: 0 },
});

/** Makes the report of a run on a CPU whose requests all completed with the same answer, by default one garment. */
function reportOf(
  requests: number,
  plans: { atMs: number; plan: ReturnType<typeof planOn> }[],
  more: readonly BatchRecord[] = [],
  settled: Parameters<typeof runReport>[1]['settled'] = [],
  answer: ItemAnswer = { result: null, children: [{ result: null, children: [] }] },
) {
  const { plan } = plans[0]!;
  return runReport(
    {
      name: 'plan',
      plan,
      backends: ['cpu', 'webgpu'],
      models,
      environment: nodeEnvironment(),
      load: constantLoad(requests, 1, 1),
      seed: 1,
    },
    {
      pack: { items: { lengths: [0] }, truths: [{}] } as unknown as Pack,
      device: plan.profile.device,
      answers: Array.from({ length: requests }, () => ({ outcome: 'completed', latencyMs: 3, answer })),
      lateness: [0],
      judge: new Judge(models.pipeline),
      batches: [...more, ...plan.stages.map(({ name, variant }) => ran(name, variant, 1))].map((batch) => ({
        plan,
        ...batch,
      })),
      settled,
      events: [],
      packItems: new Int32Array(requests),
      plans,
      steps: [],
    },
  );
}

/** Makes an answer with one garment: the light variant was unsure, but because of a burst its answer stood. */
async function settledAnswer(): Promise<ItemAnswer> {
  const requests = new Requests(models.pipeline);
  const { id, answer } = requests.enter(new Uint8Array(), 0);
  const first = { id: 0, request: id, row: 0, parent: null, index: 0 };
  const garment = { id: 1, request: id, row: 1, parent: 0, index: 0 };
  const add = (item: QueuedItem, result: object, childCount: number, below?: number) =>
    requests.addResults(
      { forget: [] },
      [item],
      { results: [result as StageResult], children: { kept: [] }, childCounts: [childCount] },
      below,
    );
  add(first, { task: 'object-detection', detections: [] }, 1);
  add(garment, { task: 'image-classification', label: 0, score: 0.2 }, 0, 0.6);
  requests.settle({ ...garment, id: 2, row: 3, parent: garment.id }, 0);
  requests.end(id, 'completed');
  return (await answer).answer;
}

describe('a run that is simulated again', () => {
  it('leaves out a plan that ran no batch, though its variants ran on another backend', () => {
    const report = reportOf(30, [
      { atMs: 0, plan: planOn('cpu') },
      { atMs: 500, plan: planOn('webgpu') },
    ]);
    expect(report.resimulated!.slaAttainment).toBe(1);
    expect(report.plans).toHaveLength(2);
    expect(parseRunReport(JSON.parse(JSON.stringify(report)), 'the report')).toEqual(report);
  });

  it('tells of a p95 only with 20 requests', () => {
    expect(reportOf(20, [{ atMs: 0, plan: planOn('cpu') }]).resimulated!.p95).toBeGreaterThan(0);
    expect(reportOf(19, [{ atMs: 0, plan: planOn('cpu') }]).resimulated!.p95).toBeNull();
  });

  it('lets an item escalate though the answer of the light variant stood', async () => {
    const plan = planWith('cnn16', 0.6);
    const heavyMs = 1000;
    const heavy: BatchRecord = {
      ...ran('classify-heavy', 'cnn16', 1),
      serviceMs: heavyMs,
    };
    const { resimulated } = reportOf(20, [{ atMs: 0, plan }], [heavy], [], await settledAnswer());
    expect(resimulated!.p95).toBeGreaterThan(heavyMs);
  });
});

describe('the cascades of a run', () => {
  const batch = (items: number, heavy?: string, below = 0, escalated = 0): BatchRecord => ({
    ...ran('classify', 'mlp64', items),
    ...(heavy && { cascade: { heavy, below, escalated } }),
  });

  it('are told each with its threshold, its items and how many went on, beside the predicted share', () => {
    const plans = [
      { atMs: 0, plan: planWith('cnn16', 0.6) },
      { atMs: 200, plan: planWith('res32', 0.9) },
      { atMs: 400, plan: planWith('cnn16', 0.6) },
    ];
    const report = reportOf(5, plans, [
      batch(4, 'cnn16', 0.6, 1),
      batch(6, 'cnn16', 0.6, 2),
      batch(2, 'res32', 0.9, 2),
      batch(8),
    ]);
    const expected = { accuracy: 0.9, lightAccuracy: 0.9 };
    const pair = { stage: 'classify', light: 'mlp64', predictedShare: 0.3, expected, settled: 0 };
    expect(report.cascades).toEqual([
      { ...pair, heavy: 'cnn16', below: 0.6, items: 10, escalated: 3 },
      { ...pair, heavy: 'res32', below: 0.9, items: 2, escalated: 2 },
    ]);
    expect(parseRunReport(JSON.parse(JSON.stringify(report)), 'the report')).toEqual(report);
  });

  it('are told with the answers of light variants that stood in a burst', () => {
    const plan = planWith('cnn16', 0.6);
    const settled = [
      { stage: 'classify', plan, items: 1 },
      { stage: 'classify', plan: planWith('res32', 0.9), items: 1 },
    ];
    const { cascades } = reportOf(5, [{ atMs: 0, plan }], [batch(4, 'cnn16', 0.6, 3)], settled);
    expect(cascades).toMatchObject([{ heavy: 'cnn16', escalated: 3, settled: 1 }]);
  });

  it('count each item once, though two of them have the same light variant and threshold', () => {
    const [first, second] = [planWith('cnn16', 0.6), planWith('res32', 0.6)];
    const plans = [
      { atMs: 0, plan: first },
      { atMs: 200, plan: second },
    ];
    const settled = [
      { stage: 'classify', plan: first, items: 1 },
      { stage: 'classify', plan: second, items: 2 },
    ];
    const ran = [batch(4, 'cnn16', 0.6, 1), batch(7, 'res32', 0.6, 5)];
    expect(reportOf(5, plans, ran, settled).cascades).toMatchObject([
      { heavy: 'cnn16', items: 4, escalated: 1, settled: 1 },
      { heavy: 'res32', items: 7, escalated: 5, settled: 2 },
    ]);
  });

  it('are none where every stage has one variant', () => {
    expect(reportOf(5, [{ atMs: 0, plan: planOn('cpu') }]).cascades).toEqual([]);
  });
});

/** A batch of garments. @param standby the planned variant for which `variant` stands by */
const garments = (variant: string, items: number, standby?: string): BatchRecord => ({
  ...ran('classify', variant, items),
  ...(standby && { standby }),
});

it('the standbys of a run are told with the items that they answered', () => {
  const downshift = { standby: 'mlp64', ms: 1 };
  const hand = { backend: 'cpu', variants: ['det4', 'res32'], workers: [['detect', 'classify']] } as const;
  const plan = handPlan(models, { ...hand, downshift });
  const served = [{ atMs: 0, plan }];
  // `reportOf` adds a batch of one item for each stage.
  const { standbys, result } = reportOf(5, served, [garments('res32', 7), garments('mlp64', 2, 'res32')]);
  const accuracies = { accuracy: 0.9, standbyAccuracy: 0.9 };
  expect(standbys).toEqual([
    { stage: 'classify', variant: 'res32', standby: 'mlp64', ...accuracies, items: 10, downshifted: 2 },
  ]);
  expect(result.accuracy.pas).toBeCloseTo(plan.predicted.pas!);
  expect(reportOf(5, served).standbys![0]).toMatchObject({ items: 1, downshifted: 0 });
});

it('the PAS of a run and of its intervals is less by what the downshifts of each plan cost', () => {
  const planAt = (pas: number) => {
    const hand = { backend: 'cpu', variants: ['det4', 'res32'], workers: [['detect', 'classify']] } as const;
    const plan = handPlan(models, { ...hand, downshift: { standby: 'mlp64', ms: 1 } });
    const stages = plan.stages.map((row) =>
      row.standby ? { ...row, accuracy: 0.9, standby: { ...row.standby, accuracy: 0.6 } } : row,
    );
    return { ...plan, stages, predicted: { ...plan.predicted, pas } };
  };
  const [first, second] = [planAt(0.8), planAt(0.4)];
  const served = [
    { atMs: 0, plan: first },
    { atMs: 250, plan: second },
  ];
  // `reportOf` adds an item of res32 in the first plan, in which the standby answers 1 of 2 items then: it loses 1 / 6 of its PAS.
  const { result, overTime } = reportOf(5, served, [
    garments('mlp64', 1, 'res32'),
    { ...garments('res32', 1), plan: second } as BatchRecord,
  ]);
  const pas = (0.8 * (5 / 6) + 3 * 0.4) / 4;
  expect(overTime.map((one) => one.pas)).toEqual([expect.closeTo(pas)]);
  expect(result.accuracy.pas).toBeCloseTo(pas);
});

it('an answer of a standby counts once, for the planned variant that it replaced', () => {
  const planOf = (variant: string) =>
    handPlan(models, {
      ...{ backend: 'cpu', variants: ['det4', variant], workers: [['detect', 'classify']] },
      downshift: { standby: 'linear', ms: 1 },
    });
  const { standbys } = reportOf(
    5,
    [
      { atMs: 0, plan: planOf('res32') },
      { atMs: 500, plan: planOf('mlp64') },
    ],
    [garments('res32', 6), garments('linear', 2, 'res32'), garments('mlp64', 9)],
  );
  // `reportOf` adds one item of the first plan.
  expect(standbys).toMatchObject([
    { variant: 'res32', standby: 'linear', items: 9, downshifted: 2 },
    { variant: 'mlp64', standby: 'linear', items: 9, downshifted: 0 },
  ]);
});
