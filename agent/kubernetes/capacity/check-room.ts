import type { Device } from '../../../solver/documents/common.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { counted } from '../../../solver/math/figures.ts';
import { message } from '../../../workers/runtime/errors.ts';
import type { KubernetesApi } from '../api.ts';
import { ApiError, NoRoomError } from '../errors.ts';
import type { KubernetesObject } from '../objects/types.ts';
import { type Cluster, type ClusterWithout, placedOf, readCluster, wantedOf, whyNot } from './cluster.ts';
import { type Amounts, lacking, type Unplaced, unplaced } from './room.ts';

/**
 * Refuses deployments whose pods no node may run, or for which the nodes have no room beside the pods that run there. If the
 * account may not list nodes and pods, reports that nothing was checked.
 * @param plan the plan, whose device the nodes must match
 * @param rolling the deployments whose rolling update starts a new pod while all old ones still run
 * @throws NoRoomError, ApiError and its subclasses, ClusterUnreachableError
 */
export async function checkRoom(
  api: KubernetesApi,
  { profile: { device } }: Plan,
  deployments: readonly KubernetesObject[],
  rolling: readonly KubernetesObject[],
  onEvent: (what: string) => void,
): Promise<void> {
  let clusterWithout: ClusterWithout;
  try {
    clusterWithout = await readCluster(api);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 403)) throw error;
    return onEvent(`whether the nodes have room for the pods was not checked: ${message(error)}`);
  }
  const cluster = clusterWithout(deployments);
  const beside = clusterWithout([]);
  const wanted = deployments.map((deployment) => wantedOf(deployment, cluster, device));
  const missing = unplaced(wanted, cluster.rooms);
  const surge = rolling.map((deployment) => ({ ...wantedOf(deployment, beside, device), replicas: 1 }));
  const missingBeside = missing.length > 0 ? [] : unplaced(surge, beside.rooms);
  if (missing.length + missingBeside.length === 0) return;
  const text = (of: Unplaced, at: Cluster): string =>
    missingText(of, deployments.find(({ metadata }) => metadata.name === of.wanted.name)!, at, device);
  throw new NoRoomError([
    ...missing.map((of) => text(of, cluster)),
    ...missingBeside.map((of) => `${text(of, beside)}; a new pod starts before an old one ends`),
  ]);
}

/** A message names at most this many nodes for one deployment. */
const NAMED_MAX = 4;

function missingText(
  { wanted, replicas, left }: Unplaced,
  deployment: KubernetesObject,
  { nodes }: Cluster,
  device: Device,
): string {
  const { name, requests } = wanted;
  const { pod, cores } = placedOf(deployment, device);
  const reasons = nodes.map((node) => {
    const room = left.find((one) => one.name === node.metadata.name);
    if (!room) return `${node.metadata.name} ${whyNot(pod, node, cores)}`;
    const short = lacking(requests, room.free).map((resource) =>
      amountText(resource, room.free[resource] ?? 0),
    );
    return `${node.metadata.name} has ${short.join(' and ')} left`;
  });
  const more =
    reasons.length > NAMED_MAX ? [`${reasons.length - NAMED_MAX} nodes more have none either`] : [];
  const why =
    nodes.length === 0 ? 'the cluster has no node' : [...reasons.slice(0, NAMED_MAX), ...more].join(', ');
  return `${replicas} of ${wanted.replicas} pods of ${name}, each of ${requestText(requests)}: ${why}`;
}

const requestText = ({ pods: _, ...requests }: Amounts): string =>
  Object.entries(requests)
    .map(([resource, value]) => amountText(resource, value))
    .join(' and ');

function amountText(resource: string, value: number): string {
  const shown = Math.max(0, value);
  if (resource === 'cpu') return counted(+shown.toFixed(3), 'core');
  if (resource === 'memory') return `${Math.floor(shown / 2 ** 20)} MiB of memory`;
  return `${shown} ${resource}`;
}
