import type { Pipeline } from '../../models/manifests/pipeline.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { canonicalJson } from '../../workers/store/canonical.ts';
import type { ApplyOptions, FieldChange, ObjectChange } from '../cluster/engine.ts';
import type { KubernetesApi } from './api.ts';
import { changesOf } from './changes.ts';
import { kubernetesObjects, ownLabels, PREVIOUS_KEY, planObject } from './objects/serving.ts';
import type { KubernetesObject } from './objects/types.ts';
import { readApplied } from './plans.ts';
import type { PodSettings } from './settings.ts';
import { ensureToken } from './token.ts';

/** Inputs of a plan's Kubernetes objects, besides the plan. */
export interface DeploymentContext {
  readonly pipeline: Pipeline;
  readonly settings: PodSettings;
}

/**
 * Applies all objects that serve a plan, after the API server has accepted all of them in a dry run.
 * @throws NotDeployableError, ApiError and its subclasses, ClusterUnreachableError
 */
export async function applyPlan(
  api: KubernetesApi,
  plan: Plan,
  { pipeline, settings }: DeploymentContext,
  { force = false, dryRun = false, prune = false }: ApplyOptions = {},
): Promise<ObjectChange[]> {
  const objects = await withPrevious(api, plan, settings, kubernetesObjects(plan, pipeline, settings));
  const trial = await applyAll(api, objects, { force, dryRun: true });
  const unwanted = prune ? await leftOver(api, plan.pipeline, settings, objects) : [];
  const token = await ensureToken(api, plan.pipeline, settings.namespace, dryRun);
  const applied = dryRun ? trial : await applyAll(api, objects, { force, dryRun: false });
  if (!dryRun) for (const object of unwanted) await api.remove(object);
  return [
    token,
    ...applied,
    ...unwanted.map(
      ({ kind, metadata }): ObjectChange => ({ kind, name: metadata.name, state: 'pruned', changes: [] }),
    ),
  ];
}

/** Keeps the current plan beside the new one for a rollback, unless both are the same. */
async function withPrevious(
  api: KubernetesApi,
  plan: Plan,
  settings: PodSettings,
  objects: readonly KubernetesObject[],
): Promise<KubernetesObject[]> {
  const { current, previous } = await readApplied(api, plan.pipeline, settings.namespace);
  const kept = current !== null && canonicalJson(current) !== canonicalJson(plan) ? current : previous;
  if (kept === null) return [...objects];
  const withKept = planObject(plan, settings, kept);
  return objects.map((object) => (object.metadata.name === withKept.metadata.name ? withKept : object));
}

async function applyAll(
  api: KubernetesApi,
  objects: readonly KubernetesObject[],
  options: { readonly force: boolean; readonly dryRun: boolean },
): Promise<ObjectChange[]> {
  const applied: ObjectChange[] = [];
  for (const object of objects) {
    const before = await api.read(object);
    const after = await api.apply(object, options);
    const changes = before === null ? [] : withSummary(changesOf(before, after));
    const state = before === null ? 'created' : changes.length > 0 ? 'changed' : 'unchanged';
    applied.push({ kind: object.kind, name: object.metadata.name, state, changes });
  }
  return applied;
}

const PREVIOUS_PATH = `data["${PREVIOUS_KEY}"]`;

/** Replaces the many changes inside the previous plan by one line, because the user has seen that plan. */
function withSummary(changes: readonly FieldChange[]): FieldChange[] {
  const inPrevious = changes.filter(({ path }) => path.startsWith(PREVIOUS_PATH));
  if (inPrevious.length === 0) return [...changes];
  return [
    ...changes.filter((change) => !inPrevious.includes(change)),
    { path: PREVIOUS_PATH, before: undefined, after: undefined, summary: 'the plan before it' },
  ];
}

/** Objects of the pipeline that its plan does not need. */
async function leftOver(
  api: KubernetesApi,
  pipeline: string,
  { namespace }: PodSettings,
  wanted: readonly KubernetesObject[],
): Promise<KubernetesObject[]> {
  const key = ({ kind, metadata }: KubernetesObject) => `${kind}/${metadata.name}`;
  const keys = new Set(wanted.map(key));
  const kinds = new Map(wanted.map(({ apiVersion, kind }) => [kind, apiVersion]));
  const lists = await Promise.all(
    [...kinds].map(([kind, apiVersion]) =>
      api.list({ apiVersion, kind, namespace, labels: ownLabels(pipeline) }),
    ),
  );
  return lists.flatMap(({ items }) => items.filter((object) => !keys.has(key(object))));
}
