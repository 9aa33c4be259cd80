import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { JsonObject } from './fields.ts';
import { type ObjectStore, StatusError, type StoredObject } from './store.ts';

export type Labels = Readonly<Record<string, string>>;
export type PodStatus = JsonObject & { podIP?: string; conditions: { type: string; status: string }[] };

/** The pods of a namespace with these labels. */
export const podsOf = (store: ObjectStore, namespace: string, labels: Labels): StoredObject[] =>
  store
    .all(`api/v1/namespaces/${namespace}/pods`)
    .filter(({ metadata }) =>
      Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
    );

export const isReady = ({ status }: StoredObject): boolean =>
  (status as PodStatus).conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');

/** Sets the condition Ready of a pod or a node. */
export function setReady(store: ObjectStore, key: string, is: 'True' | 'False' | 'Unknown'): void {
  store.setStatus(key, {
    ...(store.get(key)!.status as JsonObject),
    conditions: [{ type: 'Ready', status: is }],
  });
}

/** Marks a pod as terminating. The pod serves on, until its preStop hook is over and {@link endPod} ends it. */
export function terminate(store: ObjectStore, key: string): void {
  store.setStatus(key, store.get(key)!.status as JsonObject, { deletionTimestamp: new Date().toISOString() });
}

/** Ends a pod as the kubelet does after the pod's preStop hook: ends its process, and then removes it from the API server. */
export async function endPod(store: ObjectStore, key: string, process: ChildProcess): Promise<void> {
  const ended = once(process, 'close');
  process.kill('SIGTERM');
  await ended;
  store.remove(key);
}

interface Budget {
  readonly maxUnavailable: number;
  readonly selector: { readonly matchLabels: Labels };
}

/** Answers an eviction: marks the pod as terminating, if its disruption budget allows that. @throws StatusError 404, 429 */
export function evict(store: ObjectStore, namespace: string, name: string): JsonObject {
  const key = `api/v1/namespaces/${namespace}/pods/${name}`;
  const pod = store.get(key);
  if (!pod) throw new StatusError(404, 'NotFound', `pods "${name}" not found`, { name, kind: 'pods' });
  for (const { metadata, spec } of store.all(`apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`)) {
    const { maxUnavailable, selector } = spec as unknown as Budget;
    const pods = podsOf(store, namespace, selector.matchLabels);
    if (!pods.includes(pod)) continue;
    const healthy = pods.filter((one) => isReady(one) && one.metadata.deletionTimestamp === undefined).length;
    const needed = wantedBy(store, namespace, selector.matchLabels) - maxUnavailable;
    if (healthy <= needed)
      throw new StatusError(
        429,
        'TooManyRequests',
        "Cannot evict pod as it would violate the pod's disruption budget.",
        {
          causes: [
            {
              reason: 'DisruptionBudget',
              message: `The disruption budget ${metadata.name} needs ${needed} healthy pods and has ${healthy} currently`,
            },
          ],
        },
      );
  }
  terminate(store, key);
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}

/** How many pods the deployments with this selector want. */
const wantedBy = (store: ObjectStore, namespace: string, labels: Labels): number =>
  store
    .all(`apis/apps/v1/namespaces/${namespace}/deployments`)
    .map(({ spec }) => spec as unknown as { replicas: number; selector: { matchLabels: Labels } })
    .filter(({ selector }) => JSON.stringify(selector.matchLabels) === JSON.stringify(labels))
    .reduce((sum, { replicas }) => sum + replicas, 0);
