import { heavyRows, plannedGroups } from '../cluster/replica-plan.ts';
import type { KubernetesApi, ListRef } from './api.ts';
import { ApiError } from './errors.ts';
import { AUTOSCALER } from './objects/autoscaler.ts';
import { objectNames, ownLabels, stageSelector } from './objects/labels.ts';
import { MONITOR } from './objects/monitor.ts';
import { replicasOf } from './objects/parts.ts';
import { POD_KINDS, type ServedPlan } from './objects/stage.ts';
import type { KubernetesObject } from './objects/types.ts';
import { isOfWatch } from './objects/watch.ts';
import type { Place } from './place.ts';

/**
 * Finds the objects of the pipeline that its plan does not need. Objects of `watch` are not left over, nor are objects of a kind
 * of which the plan has none, except monitors and autoscalers. An autoscaler has the name of the deployment that it scales, and is
 * left over if the plan has no such deployment.
 * @param wanted all objects of the plan
 */
export async function leftOver(
  { api, pipeline, namespace }: Place,
  wanted: readonly KubernetesObject[],
): Promise<KubernetesObject[]> {
  const key = ({ kind, metadata }: KubernetesObject) => `${kind}/${metadata.name}`;
  const keys = new Set(wanted.map(key));
  const kinds = new Map(wanted.map(({ apiVersion, kind }) => [kind, apiVersion]));
  const where = { namespace, labels: ownLabels(pipeline) };
  kinds.delete(MONITOR.kind);
  const found = [
    ...(await listed(api, kinds, where)),
    ...(await ofOptionalKind(api, { ...MONITOR, ...where })),
  ].filter((object) => !keys.has(key(object)) && !isOfWatch(object));
  const autoscalers = await ofOptionalKind(api, { ...AUTOSCALER, ...where });
  return [...found, ...autoscalers.filter(({ metadata }) => !keys.has(`Deployment/${metadata.name}`))];
}

/**
 * The names of the deployments with pods of stages that a plan does not want, because an earlier plan had them, or an earlier
 * version of the agent gave them other names.
 */
export async function leftOverDeployments(
  { api, pipeline, namespace }: Place,
  wanted: readonly KubernetesObject[],
): Promise<string[]> {
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, labels: stageSelector(pipeline) };
  const left = (await ofOptionalKind(api, ref)).filter(
    (one) => !names.has(one.metadata.name) && replicasOf(one) !== 0,
  );
  return left.map(({ metadata }) => metadata.name);
}

/**
 * Removes the pods that hold other groups of stages than a plan wants, with their Services, budgets and policies.
 * @param adapts whether plans after this one may have a heavy variant in any stage: the pods of these variants stay
 * @returns the names of the removed deployments
 * @throws ApiError and its subclasses, ClusterUnreachableError
 */
export async function removeEarlierPods(
  api: KubernetesApi,
  { plan, pipeline, settings: { namespace } }: ServedPlan,
  adapts: boolean,
): Promise<string[]> {
  const names = objectNames(plan.pipeline);
  const heavies = adapts ? [...heavyRows(pipeline).values()].map((row) => [row]) : [];
  const groups = [...plannedGroups(plan).map(({ stages }) => stages), ...heavies];
  const kept = new Set(
    groups.flatMap((held) => [names.pods(held), ...held.map((stage) => names.service(held, stage))]),
  );
  const found = await listed(api, POD_KINDS, { namespace, labels: stageSelector(plan.pipeline) });
  const removed = found.filter(({ metadata }) => !kept.has(metadata.name));
  for (const object of removed) await api.remove(object);
  return removed.flatMap(({ kind, metadata }) => (kind === 'Deployment' ? [metadata.name] : []));
}

/**
 * Lists the objects of a kind that a pipeline may lack. The list is empty if the kind is not installed. It is also empty for an
 * account without rights on the kind, such as a namespace's admin, because that account cannot have created such objects.
 */
export async function ofOptionalKind(api: KubernetesApi, ref: ListRef): Promise<KubernetesObject[]> {
  try {
    return [...(await api.list(ref)).items];
  } catch (error) {
    if (error instanceof ApiError && [403, 404].includes(error.status)) return [];
    throw error;
  }
}

/** The objects of some kinds. @param kinds pairs of a kind and its `apiVersion` */
async function listed(
  api: KubernetesApi,
  kinds: Iterable<readonly [string, string]>,
  where: Pick<ListRef, 'namespace' | 'labels'>,
): Promise<KubernetesObject[]> {
  const lists = await Promise.all(
    [...kinds].map(([kind, apiVersion]) => api.list({ apiVersion, kind, ...where })),
  );
  return lists.flatMap(({ items }) => items);
}
