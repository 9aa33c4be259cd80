import type { Pipeline } from '../../models/manifests/pipeline.ts';
import { canonicalJson } from '../../solver/documents/canonical.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { ApplyOptions, FieldChange, ObjectChange } from '../cluster/engine.ts';
import type { KubernetesApi } from './api.ts';
import { changesOf } from './changes.ts';
import { objectNames, ownLabels } from './objects/labels.ts';
import { kubernetesObjects, PREVIOUS_KEY, planObject, type Release } from './objects/serving.ts';
import type { KubernetesObject } from './objects/types.ts';
import { isOfWatch } from './objects/watch.ts';
import { readApplied } from './plans.ts';
import type { PodSettings } from './settings.ts';
import { ensureToken } from './token.ts';
import { withoutManaged } from './yield.ts';

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

/**
 * Applies the objects that another plan changes, without the fields that other tools manage: the stored plan, and the
 * deployments of the stages. Needs rights on these alone.
 * @throws NotDeployableError, ApiError and its subclasses, ClusterUnreachableError
 */
export async function adaptPlan(
  api: KubernetesApi,
  plan: Plan,
  { pipeline, settings }: DeploymentContext,
): Promise<ObjectChange[]> {
  const objects = await withPrevious(api, plan, settings, kubernetesObjects(plan, pipeline, settings));
  const { gateway } = objectNames(plan.pipeline);
  const changing = objects.filter(
    ({ kind, metadata }) => kind === 'ConfigMap' || (kind === 'Deployment' && metadata.name !== gateway),
  );
  const own: Awaited<ReturnType<typeof withoutManaged>>[] = [];
  for (const object of changing) own.push(await withoutManaged(api, object));
  const applied = await applyAll(
    api,
    own.map(({ object }) => object),
    { force: false, dryRun: false },
  );
  return applied.map((change, i) => ({
    ...change,
    stay: own[i]!.left.map(
      ({ field, manager }) => `${field} of ${change.kind} ${change.name}, which ${manager} manages`,
    ),
  }));
}

/** Keeps the current plan and its settings beside the new ones for a rollback, unless both are the same. */
async function withPrevious(
  api: KubernetesApi,
  plan: Plan,
  settings: PodSettings,
  objects: readonly KubernetesObject[],
): Promise<KubernetesObject[]> {
  const applied = await readApplied(api, plan.pipeline, settings.namespace);
  const current = release(applied.current, applied.settings);
  const changed = current !== null && canonicalJson(current) !== canonicalJson({ plan, settings });
  const kept = changed ? current : release(applied.previous, applied.previousSettings ?? applied.settings);
  if (kept === null) return [...objects];
  const withKept = planObject(plan, settings, kept);
  return objects.map((object) => (object.metadata.name === withKept.metadata.name ? withKept : object));
}

const release = (plan: Plan | null, settings: PodSettings | null): Release | null =>
  plan && settings && { plan, settings };

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
  return lists.flatMap(({ items }) => items.filter((object) => !keys.has(key(object)) && !isOfWatch(object)));
}
