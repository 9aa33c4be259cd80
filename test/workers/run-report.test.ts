import { describe, expect, it } from 'vitest';
import type { Pack } from '../../models/packs/pack.ts';
import type { ItemAnswer } from '../../models/tasks/judge.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { parseRunReport } from '../../solver/documents/run-report.ts';
import { Judge } from '../../workers/executor/judge.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { runReport } from '../../workers/executor/run-report.ts';
import { compiledEnvironment } from '../compiled.ts';
import { loadFashion } from './fashion.ts';
import { handPlan } from './hand-plan.ts';

const models = await loadFashion();

const planOn = (backend: Backend) => handPlan(models, { backend, workers: [['detect', 'classify']] });

/** Requests that each had one garment, all completed, and every batch on a CPU. */
function reportOf(requests: number, plans: { atMs: number; plan: ReturnType<typeof planOn> }[]) {
  const { plan } = plans[0]!;
  const answer: ItemAnswer = { result: null, children: [{ result: null, children: [] }] };
  return runReport(
    {
      name: 'plan',
      plan,
      backends: ['cpu', 'webgpu'],
      models,
      environment: compiledEnvironment(),
      load: constantLoad(requests, 1, 1),
      seed: 1,
    },
    {
      pack: { items: { lengths: [0] }, truths: [{}] } as unknown as Pack,
      device: plan.profile.device,
      answers: Array.from({ length: requests }, () => ({ outcome: 'completed', latencyMs: 3, answer })),
      lateness: [0],
      judge: new Judge(models.pipeline),
      batches: plan.stages.map(({ name, variant }) => ({
        stage: name,
        variant,
        backend: 'cpu',
        worker: 'w',
        items: 1,
        escalated: 0,
        startMs: 0,
        serviceMs: 1,
      })),
      events: [],
      packItems: new Int32Array(requests),
      plans,
      steps: [],
    },
  );
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
});
