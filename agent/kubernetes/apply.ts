import { canonicalJson } from '../../solver/documents/canonical.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { ApplyOptions, FieldChange, ObjectChange } from '../cluster/engine.ts';
import { OtherPodsError } from '../cluster/errors.ts';
import { heavyRows, isHeavy, plannedGroups, type ReplicaGroup } from '../cluster/replica-plan.ts';
import type { KubernetesApi } from './api.ts';
import { checkRoom } from './capacity/check-room.ts';
import { changesOf } from './changes.ts';
import { ApiError, OtherPipelineError } from './errors.ts';
import { leftOver, leftOverDeployments } from './left-over.ts';
import { objectNames, otherPipelineOf } from './objects/labels.ts';
import { podMonitor } from './objects/monitor.ts';
import { replicasOf } from './objects/parts.ts';
import { kubernetesObjects, PREVIOUS_KEY, type Release } from './objects/serving.ts';
import { type ServedPlan, stageObjects } from './objects/stage.ts';
import type { KubernetesObject } from './objects/types.ts';
import type { Applied } from './plans.ts';
import { hasRolledOut } from './rollout.ts';
import type { PodSettings } from './settings.ts';
import { ensureToken } from './token.ts';
import { isAutoscaled, withoutManaged } from './yield.ts';

/** What a plan's Kubernetes objects are made from, besides the plan. */
export interface DeploymentContext extends Omit<ServedPlan, 'plan'> {
  /** The plans and pod settings that were applied before. */
  readonly applied: Applied;
}

/**
 * Applies all objects that serve a plan, after the API server has accepted all of them in a dry run, and the nodes have room for
 * the pods.
 * @throws ChangedMeanwhileError if the stored plan is no longer the one in the context: nothing is changed then
 * @throws NotDeployableError, EditedPlanError, NoRoomError, OtherPipelineError, ApiError and its subclasses,
 * ClusterUnreachableError
 */
export async function applyPlan(
  api: KubernetesApi,
  plan: Plan,
  context: DeploymentContext,
  options: ApplyOptions = {},
): Promise<ObjectChange[]> {
  const { dryRun = false, prune = false, allowPending = false, onEvent = () => {} } = options;
  const place = { api, pipeline: plan.pipeline, namespace: context.settings.namespace };
  const objects = objectsAt(plan, context, await releaseBefore(api, plan, context));
  const trials: Trial[] = [];
  for (const object of objects) trials.push(await trial(api, plan, object, options));
  const deployments = objects.filter(({ kind }) => kind === 'Deployment');
  const rolling = trials.filter(startsBeside).map(({ object }) => object);
  const left = prune ? [] : await leftOverDeployments(place, deployments);
  if (left.length > 0)
    onEvent(`the pods of ${left.join(', ')} keep serving: remove them with --prune once the new ones serve`);
  if (!allowPending) await checkRoom(api, plan, deployments, rolling, onEvent);
  const unwanted = prune ? await leftOver(place, objects) : monitorBefore(plan, context);
  const ending = unwanted.flatMap(({ kind, metadata }) => (kind === 'Deployment' ? [metadata.name] : []));
  if (ending.length > 0)
    onEvent(
      `--prune ends the pods of ${ending.join(', ')} at once, whether or not the new ones serve: to lose no request, apply without it ` +
        'first, and prune when all pods serve (--wait)',
    );
  const token = await ensureToken(place, dryRun);
  if (!dryRun) {
    await applyTried(api, trials);
    for (const object of unwanted) await api.remove(object);
  }
  return [
    token,
    ...trials.map(({ change }) => change),
    ...unwanted.map(
      ({ kind, metadata }): ObjectChange => ({ kind, name: metadata.name, state: 'pruned', changes: [] }),
    ),
  ];
}

/**
 * Applies the objects in which plans differ: the stored plan, and the deployments of the stages, except for fields that other
 * tools manage. Needs rights on these objects only. If the plan has no cascade where an earlier plan had one, the heavy variant's
 * deployment stays without pods, so that a later plan can have the cascade again. An adapted plan is no release of its own, so a
 * rollback still returns to the release before the one that is adapted.
 * @throws ChangedMeanwhileError if the stored plan is no longer the one in the context: nothing is changed then
 * @throws OtherPodsError, NotDeployableError, EditedPlanError, ApiError and its subclasses, ClusterUnreachableError
 */
export async function adaptPlan(
  api: KubernetesApi,
  plan: Plan,
  context: DeploymentContext,
): Promise<ObjectChange[]> {
  const current = context.applied.current ?? plan;
  const [now, planned] = [current, plan].map((of) => podsText(plannedGroups(of)));
  const otherPods = (missing = '') =>
    new OtherPodsError(
      now === planned
        ? `The Deployment ${missing} is missing: it was removed, or another version of ipa-agent applied the plan`
        : `The pods hold the stages ${now}, and the plan wants ${planned}`,
    );
  const lasting = (of: Plan) => podsText(plannedGroups(of).filter((group) => !isHeavy(of, group)));
  if (lasting(current) !== lasting(plan)) throw otherPods();
  const { gateway } = objectNames(plan.pipeline);
  const trials: Trial[] = [];
  for (const object of objectsAt(plan, context, keptRelease(context))) {
    const isPods = object.kind === 'Deployment' && object.metadata.name !== gateway;
    if (isPods && (await api.read(object)) === null) throw otherPods(object.metadata.name);
    if (isPods) trials.push(await trial(api, plan, object, { yields: true }));
    if (object.kind === 'ConfigMap') trials.push(await trial(api, plan, object, { yields: true }));
  }
  for (const object of idleDeployments(plan, context)) {
    const live = await api.read(object);
    if (live === null || otherPipelineOf(live, plan.pipeline) !== undefined) continue;
    // An autoscaler keeps one pod at least, but rests while its deployment wants none, so the agent takes the number over.
    if (replicasOf(live) > 0) trials.push(await trial(api, plan, object, { yields: true, ends: true }));
  }
  await applyTried(api, trials);
  return trials.map(({ change }) => change);
}

/**
 * The PodMonitor of the plan before, if this plan has none: the new network policies keep Prometheus out, so a PodMonitor that
 * stays would make Prometheus report the pods of stages as down.
 */
const monitorBefore = ({ pipeline }: Plan, { applied, settings }: DeploymentContext): KubernetesObject[] =>
  settings.monitor === null && applied.settings && applied.settings.monitor !== null
    ? [podMonitor(pipeline, settings)]
    : [];

/**
 * The objects of a plan, with the stored plan's ConfigMap first. The ConfigMap carries the version that this process has read, and
 * the API server refuses to change any other version: of two processes that apply at once, only one changes the pods.
 */
const objectsAt = (
  plan: Plan,
  { pipeline, settings, applied: { resourceVersion } }: DeploymentContext,
  previous: Release | null,
): KubernetesObject[] =>
  kubernetesObjects(plan, pipeline, settings, previous).map((object) =>
    object.kind === 'ConfigMap' ? { ...object, metadata: { ...object.metadata, resourceVersion } } : object,
  );

/**
 * Whether a rolling update of a deployment starts a new pod while all old ones still run. If the deployment gets fewer pods,
 * Kubernetes may end an old pod first.
 */
function startsBeside({ object, change: { changes } }: Trial): boolean {
  if (object.kind !== 'Deployment' || !changes.some(({ path }) => path.startsWith('spec.template')))
    return false;
  const { strategy } = object.spec as {
    readonly strategy: { readonly rollingUpdate: { readonly maxSurge: number } };
  };
  const replicas = changes.find(({ path }) => path === 'spec.replicas');
  const fewer = replicas !== undefined && Number(replicas.after) < Number(replicas.before);
  return strategy.rollingUpdate.maxSurge > 0 && !fewer;
}

/** Deployments without pods for the heavy variants that the plan does not have. */
const idleDeployments = (plan: Plan, { pipeline, settings }: DeploymentContext): KubernetesObject[] =>
  [...heavyRows(pipeline)].flatMap(([from, name]) => {
    const light = plan.stages.find((row) => row.name === from);
    if (!light || plan.stages.some((row) => row.name === name)) return [];
    // No plan with the cascade may be left, so this makes the heavy variant's row from the light variant's. That suffices for a
    // deployment without pods, because the next plan with the cascade changes the deployment.
    const heavy = { ...light, name, escalation: { from, below: 1, share: 0, accuracy: 0 } };
    const served = { plan: { ...plan, stages: [heavy] }, pipeline, settings };
    return stageObjects(served, { stages: [name], replicas: 0 }).filter(({ kind }) => kind === 'Deployment');
  });

/** Describes which stages share pods, e.g. `detect + classify`. */
const podsText = (groups: readonly ReplicaGroup[]): string =>
  groups.map(({ stages }) => stages.join(' + ')).join(', ');

const release = (plan: Plan | null, settings: PodSettings | null): Release | null =>
  plan && settings && { plan, settings };

/** The release to which a rollback returns now. */
const keptRelease = ({ applied: { previous, previousSettings, settings } }: DeploymentContext) =>
  release(previous, previousSettings ?? settings);

/**
 * The release to which a rollback returns once `plan` is applied: the release that is applied now or, if its plan and settings
 * are the same, or its pods never served, the release to which a rollback returns now.
 */
async function releaseBefore(
  api: KubernetesApi,
  plan: Plan,
  context: DeploymentContext,
): Promise<Release | null> {
  const { applied, settings } = context;
  const current = release(applied.current, applied.settings);
  const kept = keptRelease(context);
  if (current === null || canonicalJson(current) === canonicalJson({ plan, settings })) return kept;
  return kept === null || (await hasServed(api, current)) ? current : kept;
}

/** Whether the pods of a release, which is the one that was applied last, have all served at the same time. */
async function hasServed(api: KubernetesApi, { plan, settings: { namespace } }: Release): Promise<boolean> {
  const names = objectNames(plan.pipeline);
  const of = [names.gateway, ...plannedGroups(plan).map(({ stages }) => names.pods(stages))];
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment' };
  const live = await Promise.all(of.map((name) => api.read({ ...ref, metadata: { name, namespace } })));
  return live.every((one) => one === null || hasRolledOut(one));
}

/** An object that the API server has accepted in a dry run, and how it would change. */
interface Trial {
  readonly object: KubernetesObject;
  /** Whether fields that other tools manage are taken over. */
  readonly force: boolean;
  readonly change: ObjectChange;
}

interface TrialOptions extends Pick<ApplyOptions, 'force' | 'yields'> {
  /** Whether all pods of the deployment end, also those that an autoscaler wants. */
  readonly ends?: boolean;
}

/** @throws OtherPipelineError if another pipeline has the object */
async function trial(
  api: KubernetesApi,
  { pipeline }: Plan,
  wanted: KubernetesObject,
  { force: forced = false, yields = false, ends = false }: TrialOptions,
): Promise<Trial> {
  // The stored plan belongs to the agent, even if another tool created the ConfigMap, so its fields are taken over.
  const takesOver = forced || (yields && wanted.kind === 'ConfigMap');
  const before = await api.read(wanted);
  const other = before ? otherPipelineOf(before, pipeline) : undefined;
  if (other !== undefined)
    throw new OtherPipelineError(`${wanted.kind} ${wanted.metadata.name}`, pipeline, other);
  const accepted = takesOver
    ? api
        .apply(wanted, { force: true, dryRun: true })
        .then((after) => ({ object: wanted, after, left: [], force: true }))
    : withoutManaged(api, wanted, yields ? () => true : isAutoscaled, ends ? isAutoscaled : undefined);
  const { object, after, left, force } = await accepted.catch((error) => {
    // A dry run has created no Role, and a new RoleBinding is refused without its Role if the account may not grant any rights.
    if (before === null && wanted.kind === 'RoleBinding' && error instanceof ApiError && error.status === 404)
      return { object: wanted, after: wanted, left: [], force: takesOver };
    throw error;
  });
  const { kind, metadata } = object;
  const changes = before === null ? [] : withSummary(changesOf(before, after));
  const differs = changes.length > 0 ? 'changed' : 'unchanged';
  const state = before === null ? 'created' : differs;
  const stay = left.map(
    ({ field, manager }) => `${field} of ${kind} ${metadata.name}, which ${manager} manages`,
  );
  return {
    object,
    force,
    change: { kind, name: metadata.name, state, changes, ...(stay.length > 0 && { stay }) },
  };
}

/** Applies the objects that change, and also unchanged objects whose fields are taken over from other tools. */
async function applyTried(api: KubernetesApi, trials: readonly Trial[]): Promise<void> {
  for (const { object, force, change } of trials)
    if (force || change.state !== 'unchanged') await api.apply(await withVersion(api, object), { force });
}

/**
 * Gives the stored plan's ConfigMap a version. If there is no ConfigMap, one without fields is created first, because server-side
 * apply would change a ConfigMap that another process has created meanwhile. Other objects stay as they are.
 * @throws ChangedMeanwhileError if another process has created the ConfigMap meanwhile
 */
async function withVersion(api: KubernetesApi, object: KubernetesObject): Promise<KubernetesObject> {
  const { apiVersion, kind, metadata } = object;
  if (kind !== 'ConfigMap' || metadata.resourceVersion !== undefined) return object;
  const { name, namespace } = metadata;
  const created = await api.create({ apiVersion, kind, metadata: { name, namespace: namespace! } });
  return { ...object, metadata: { ...metadata, resourceVersion: created.metadata.resourceVersion } };
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
