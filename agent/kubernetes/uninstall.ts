import type { ObjectChange } from '../cluster/engine.ts';
import { kubernetesName } from '../cluster/names.ts';
import type { ObjectRef } from './api.ts';
import { ofOptionalKind } from './left-over.ts';
import { AUTOSCALER } from './objects/autoscaler.ts';
import { objectNames, ownLabels } from './objects/labels.ts';
import { MONITOR } from './objects/monitor.ts';
import type { Place } from './place.ts';
import { RESOURCE } from './resource/schema.ts';

/**
 * The kinds of Kubernetes' own objects with a pipeline's labels, in the order of removal. Kinds that run pods, and the autoscaler
 * that sets their number, come first, so that no pod is left without its plan or its rights.
 */
const KINDS: readonly (readonly [kind: string, apiVersion: string])[] = [
  [AUTOSCALER.kind, AUTOSCALER.apiVersion],
  ['Deployment', 'apps/v1'],
  ['Job', 'batch/v1'],
  ['PodDisruptionBudget', 'policy/v1'],
  ['NetworkPolicy', 'networking.k8s.io/v1'],
  ['Service', 'v1'],
  ['RoleBinding', 'rbac.authorization.k8s.io/v1'],
  ['Role', 'rbac.authorization.k8s.io/v1'],
  ['ServiceAccount', 'v1'],
  ['ConfigMap', 'v1'],
  ['Secret', 'v1'],
];

/**
 * Removes every object of a pipeline: those that serve and watch it, its plans and its token.
 * @param dryRun only reports what would be removed
 * @throws ApiError and its subclasses, ClusterUnreachableError
 */
export async function removePipeline(
  { api, pipeline, namespace }: Place,
  dryRun: boolean,
): Promise<ObjectChange[]> {
  const labels = ownLabels(pipeline);
  // The InferencePipeline is first, so that `watch` does not apply a plan again. Users create it without labels, so its name
  // selects it.
  const refs: ObjectRef[] = await ofOptionalKind(api, {
    ...RESOURCE,
    namespace,
    fields: `metadata.name=${kubernetesName(pipeline)}`,
  });
  for (const [kind, apiVersion] of KINDS)
    refs.push(...(await api.list({ apiVersion, kind, namespace, labels })).items);
  refs.push(...(await ofOptionalKind(api, { ...MONITOR, namespace, labels })));
  // The Lease has no labels by which it could be listed, so it is read by its name.
  const lease = await api.read({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: objectNames(pipeline).watch, namespace },
  });
  if (lease) refs.push(lease);
  if (!dryRun) for (const ref of refs) await api.remove(ref);
  return refs.map(({ kind, metadata }) => ({ kind, name: metadata.name, state: 'pruned', changes: [] }));
}
