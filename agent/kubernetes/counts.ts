import { type Counts, countsIn } from '../service/counts.ts';
import type { KubernetesApi } from './api.ts';
import { NoGatewayError } from './errors.ts';
import { partLabels } from './objects/labels.ts';
import { PORT } from './objects/pods.ts';
import { isReady } from './pod-status.ts';

/**
 * Reads what each gateway has counted since it started, by the gateway's pod. Every gateway that is ready must
 * answer, because the load would seem to have fallen if the count of one were missing. A gateway that starts or ends counts if it
 * answers.
 * @throws NoGatewayError, ApiError and its subclasses, ClusterUnreachableError
 */
export async function gatewayCounts(
  api: KubernetesApi,
  pipeline: string,
  namespace: string,
): Promise<ReadonlyMap<string, Counts>> {
  const labels = partLabels(pipeline, 'gateway');
  const { items: pods } = await api.list({ apiVersion: 'v1', kind: 'Pod', namespace, labels });
  const counts = await Promise.all(
    pods.map(async (pod): Promise<[string, Counts][]> => {
      const { name } = pod.metadata;
      try {
        return [[name, countsIn(await api.podText(namespace, name, PORT, '/metrics'), pipeline)]];
      } catch (error) {
        if (isReady(pod)) throw error;
        return [];
      }
    }),
  );
  if (counts.flat().length === 0) throw new NoGatewayError(pipeline);
  return new Map(counts.flat());
}
