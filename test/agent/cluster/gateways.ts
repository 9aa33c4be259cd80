import { onTestFinished } from 'vitest';
import { Gateway } from '../../../agent/cluster/gateway/gateway.ts';
import { blankItem } from '../../../models/items/item-format.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { clusterPlan, fashion } from '../kubernetes/objects/plans.ts';
import { TestEngine } from './test-engine.ts';

const { pipeline } = fashion;
const { first } = pipeline;
export const item = blankItem(first.task.itemFormat(first.stage));
/** A plan with so long an SLA that nothing is shed, however slow the machine is. */
export const patient = clusterPlan({ slaMs: 1e6 });

/** Starts an engine, which ends with the test. */
export function startEngine(): TestEngine {
  const engine = new TestEngine(pipeline);
  onTestFinished(() => engine.close());
  return engine;
}

/** Starts a gateway, which waits for the engine's replicas and ends with the test. */
export async function startGateway(
  engine: TestEngine,
  stop = new AbortController(),
  backOff = { firstMs: 10, pauseMsMax: 50 },
) {
  const events: string[] = [];
  const gateway = await Gateway.start({
    engine,
    models: fashion,
    plan: patient,
    token: () => engine.stageToken(),
    signal: stop.signal,
    onEvent: (what) => events.push(what),
    backOff,
  });
  onTestFinished(() => {
    stop.abort();
    gateway.close();
  });
  const { service } = gateway;
  const infer = (count: number) =>
    service.infer(service.model('fashion'), Array(count).fill(item), performance.now());
  return { gateway, service, infer, events };
}

/** The pipeline's plan with the heaviest variant of each stage. */
export const heavier: Plan = {
  ...patient,
  stages: patient.stages.map((stage, s) => {
    const { name: variant, sessions } = pipeline.stages[s]!.stage.variants.at(-1)!;
    return { ...stage, variant, sha256: sessions.model!.sha256 };
  }),
};

/** The classes of the objects that were found in each item. */
export const labelsOf = (results: Awaited<ReturnType<Awaited<ReturnType<typeof startGateway>>['infer']>>) =>
  results.map((byStage) => byStage[1]!.map((result) => (result as unknown as { label: number }).label));
