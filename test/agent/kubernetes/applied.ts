import type { ObjectChange } from '../../../agent/cluster/engine.ts';
import { replicaPlan } from '../../../agent/cluster/replica-plan.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { clusterPlan, settings } from './objects/plans.ts';

/** Returns a plan with a change in each stage, and with the workers that the changed stages need. */
export const changed = (change: Partial<Plan['stages'][number]>, plan = clusterPlan()): Plan =>
  replicaPlan({ ...plan, stages: plan.stages.map((stage) => ({ ...stage, ...change })) });

/** What names a Deployment of the test's namespace to the API. */
export const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: settings.namespace },
});

/** What became of each object that was not left as it was, in a line each. */
export const states = (applied: readonly ObjectChange[]) =>
  applied
    .filter(({ state }) => state !== 'unchanged')
    .map(({ kind, name, state }) => `${kind} ${name} ${state}`);
