import type { ObjectChange } from '../../../agent/cluster/engine.ts';
import { replicaPlan } from '../../../agent/cluster/replica-plan.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { clusterPlan, settings } from './objects/plans.ts';

/** Returns a copy of a plan in which each stage has the change, with the workers that these stages need. */
export const changed = (change: Partial<Plan['stages'][number]>, plan = clusterPlan()): Plan =>
  replicaPlan({ ...plan, stages: plan.stages.map((stage) => ({ ...stage, ...change })) });

/** What names a Deployment of the test's namespace to the API. */
export const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: settings.namespace },
});

/** A line for each object that an apply created, changed or removed: its kind, its name and what happened to it. */
export const states = (applied: readonly ObjectChange[]) =>
  applied
    .filter(({ state }) => state !== 'unchanged')
    .map(({ kind, name, state }) => `${kind} ${name} ${state}`);
