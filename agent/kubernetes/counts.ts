import { type Counts, countsIn } from '../../solver/adapt/serving-counts.ts';
import { sleep } from '../../workers/executor/clock.ts';
import { NoGatewayError } from './errors.ts';
import { partLabels } from './objects/labels.ts';
import { PORT } from './objects/pods.ts';
import type { KubernetesObject } from './objects/types.ts';
import type { Place } from './place.ts';
import { isReady } from './pod-status.ts';

/**
 * Milliseconds for which this waits, after the answers of all ready gateways, for those that are not ready. The wait is short,
 * because a gateway on a lost node does not answer, and its pod may stay for hours.
 */
const LATE_MS = 200;

/**
 * Reads the counters of each gateway since its start, by the name of the gateway's pod. Every ready gateway must answer, because
 * without one gateway's counters the load would seem to have fallen. A gateway that is starting or ending may fail to answer.
 * @throws NoGatewayError, ApiError and its subclasses, ClusterUnreachableError
 */
export async function gatewayCounts({
  api,
  pipeline,
  namespace,
}: Place): Promise<ReadonlyMap<string, Counts>> {
  const labels = partLabels(pipeline, 'gateway');
  const { items: pods } = await api.list({ apiVersion: 'v1', kind: 'Pod', namespace, labels });
  const read = async ({ metadata: { name } }: KubernetesObject): Promise<[string, Counts]> => [
    name,
    countsIn(await api.podText(namespace, name, PORT, '/metrics'), pipeline),
  ];
  const others = pods.filter((pod) => !isReady(pod)).map((pod) => read(pod).catch(() => undefined));
  const ready = await Promise.all(pods.filter(isReady).map(read));
  const answered = await Promise.all(
    others.map((other) =>
      ready.length > 0 ? Promise.race([other, sleep(LATE_MS).then(() => undefined)]) : other,
    ),
  );
  const counts = [...ready, ...answered.filter((one) => one !== undefined)];
  if (counts.length === 0) throw new NoGatewayError(pipeline, namespace);
  return new Map(counts);
}
