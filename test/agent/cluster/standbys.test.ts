import { expect, test } from 'vitest';
import { until } from '../../until.ts';
import { handPlan } from '../../workers/hand-plan.ts';
import { fashion } from '../kubernetes/objects/plans.ts';
import { labelsOf, startEngine, startGateway } from './gateways.ts';

/** Classes that the replicas of the test's engine give an object: with the planned variant, and with its standby. */
const PLANNED = 3;
const STANDBY = 5;

/**
 * The plans expect a batch to take this long, so the planned variant's second batch would miss an SLA of a minute, but no batch of
 * the lighter variant would.
 */
const PLANNED_MS = 45_000;
const LIGHTER_MS = 0.01;

const planWith = (standby: string) => {
  const made = handPlan(fashion, {
    ...{ backend: 'cpu', shedding: 'late', workers: [['detect'], ['classify']], variants: ['det4', 'res32'] },
    ...{ batchMs: PLANNED_MS, downshift: { standby, ms: LIGHTER_MS } },
  });
  return { ...made, resources: { ...made.resources, cores: 64 } };
};

test('in a burst the standby in a replica answers, and its answers do not count as runs of the planned variant', async () => {
  const engine = startEngine();
  await engine.apply(planWith('mlp64'));
  const { infer, service } = await startGateway(engine);
  expect(labelsOf(await infer(1)).flat()).toEqual([PLANNED]);
  const labels = labelsOf(await infer(40)).flat();
  expect(labels).toContain(STANDBY);
  const counted = async (name: string) => {
    const text = await service.metrics();
    return Number(new RegExp(`^ipa_edge_${name}\\{stage="classify"\\} (\\S+)$`, 'm').exec(text)![1]);
  };
  expect(await counted('downshifted_items_total')).toBe(labels.filter((label) => label === STANDBY).length);
  expect(await counted('run_items_total')).toBe(1 + labels.filter((label) => label === PLANNED).length);
});

test('a plan with another standby is followed in the replicas that run', async () => {
  const engine = startEngine();
  await engine.apply(planWith('mlp64'));
  const { infer, service } = await startGateway(engine);
  expect(engine.variants('classify')).toEqual(['res32', 'mlp64']);
  const { url } = engine.endpoints[0]!;
  await engine.apply(planWith('cnn8'));
  await until(() => expect(service.plan.stages[1]!.standby!.variant).toBe('cnn8'));
  expect(engine.variants('classify')).toEqual(['res32', 'mlp64', 'cnn8']);
  expect(engine.endpoints[0]!.url).toBe(url);
  expect(labelsOf(await infer(40)).flat()).toContain(STANDBY);
});
