import { type Counts, countsIn } from '../../solver/adapt/serving-counts.ts';
import type { KubernetesApi } from './api.ts';
import { NoGatewayError } from './errors.ts';
import { partLabels } from './objects/labels.ts';
import { PORT } from './objects/pods.ts';
import { isReady } from './pod-status.ts';

/**
 * Reads the counters of each gateway since its start, by the name of the gateway's pod. Every ready gateway must answer, because
 * without one gateway's counters the load would seem to have fallen. A gateway that is starting or ending may fail to answer.
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
