import type { Device } from '../../../solver/documents/common.ts';
import type { KubernetesApi } from '../api.ts';
import { PART_LABEL } from '../objects/labels.ts';
import { replicasOf } from '../objects/parts.ts';
import type { KubernetesObject } from '../objects/types.ts';
import type { Toleration } from '../settings.ts';
import { quantity } from './quantity.ts';
import type { Amounts, Room, Wanted } from './room.ts';

interface Container {
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
}

interface PodSpec {
  readonly nodeName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly (Toleration & { readonly operator?: string })[];
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly overhead?: Readonly<Record<string, string>>;
}

interface Node extends KubernetesObject {
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  };
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly capacity?: Readonly<Record<string, string>>;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** The cluster's nodes, and the free resources of each. */
export interface Cluster {
  readonly nodes: readonly Node[];
  readonly rooms: readonly Room[];
}

/** Gives the cluster without the running pods of some deployments, because other pods are to replace them. */
export type ClusterWithout = (deployments: readonly KubernetesObject[]) => Cluster;

/**
 * Reads the nodes and the pods of all namespaces.
 * @throws ApiError, with status 403 if the account has no right to list nodes and pods
 */
export async function readCluster(api: KubernetesApi): Promise<ClusterWithout> {
  const [{ items }, { items: pods }] = await Promise.all([
    api.list({ apiVersion: 'v1', kind: 'Node' }),
    api.list({
      apiVersion: 'v1',
      kind: 'Pod',
      fields: 'status.phase!=Succeeded,status.phase!=Failed,spec.nodeName!=',
    }),
  ]);
  const nodes = items as readonly Node[];
  return (deployments) => {
    const specs = pods
      .filter((pod) => !deployments.some((deployment) => isOf(pod, deployment)))
      .map(({ spec }) => spec as PodSpec);
    const rooms = nodes.map(({ metadata: { name }, status }) => {
      const here = specs.filter(({ nodeName }) => nodeName === name);
      return { name, free: here.map(requestsOf).reduce(minus, amountsOf(status?.allocatable)) };
    });
    return { nodes, rooms };
  };
}

/** Whether a deployment selects a pod. */
function isOf({ metadata: pod }: KubernetesObject, { metadata, spec }: KubernetesObject): boolean {
  const { selector } = spec as { selector: { matchLabels: Readonly<Record<string, string>> } };
  return (
    pod.namespace === metadata.namespace &&
    Object.entries(selector.matchLabels).every(([key, value]) => pod.labels?.[key] === value)
  );
}

/** The pod of a deployment as the scheduler sees it, and the number of cores that its node must have. */
interface Placed {
  readonly pod: PodSpec;
  /**
   * Cores of the device that the plan was made for, because stages run only on such a device; undefined for gateways, which run
   * on nodes with any number of cores.
   */
  readonly cores: number | undefined;
}

/** The spec of the pods that a Deployment or a Job makes. */
export const podSpecOf = ({ spec }: KubernetesObject): PodSpec =>
  (spec as { readonly template: { readonly spec: PodSpec } }).template.spec;

export const placedOf = (deployment: KubernetesObject, { logicalCores }: Device): Placed => ({
  pod: podSpecOf(deployment),
  cores: deployment.metadata.labels?.[PART_LABEL] === 'stage' ? logicalCores : undefined,
});

/** The pods of a deployment, and the nodes that may run them. @param device the device that the plan was made for */
export function wantedOf(deployment: KubernetesObject, { nodes }: Cluster, device: Device): Wanted {
  const { pod, cores } = placedOf(deployment, device);
  return {
    name: deployment.metadata.name,
    replicas: replicasOf(deployment),
    requests: requestsOf(pod),
    nodes: nodes.filter((node) => whyNot(pod, node, cores) === null).map((node) => node.metadata.name),
  };
}

/**
 * Why a node may not run a pod, however much room the node has; null if it may run the pod.
 * @param cores the cores that the node must have in all; absent: any number
 */
export function whyNot(
  { nodeSelector = {}, tolerations = [] }: PodSpec,
  { metadata, spec, status }: Node,
  cores?: number,
): string | null {
  if (status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is !== 'True'))
    return 'is not ready';
  if (spec?.unschedulable) return 'takes no new pods (it is cordoned)';
  const label = Object.entries(nodeSelector).find(([key, value]) => metadata.labels?.[key] !== value);
  if (label) return `has no label ${label.join('=')}`;
  const has = status?.capacity?.cpu;
  if (cores !== undefined && has !== undefined && quantity(has) !== cores)
    return `has ${has} cores in all, and the plan is for a device of ${cores}`;
  const taint = (spec?.taints ?? []).find(
    ({ key, value, effect }) =>
      effect !== 'PreferNoSchedule' &&
      !tolerations.some(
        (one) =>
          one.key === key &&
          one.effect === effect &&
          (one.operator === 'Exists' || (one.value ?? '') === (value ?? '')),
      ),
  );
  return taint ? `has the taint ${taint.key}:${taint.effect}` : null;
}

const amountsOf = (texts: Readonly<Record<string, string>> = {}): Amounts =>
  Object.fromEntries(Object.entries(texts).map(([resource, text]) => [resource, quantity(text)]));

const combined =
  (combine: (a: number, b: number) => number) =>
  (a: Amounts, b: Amounts): Amounts =>
    Object.fromEntries(
      [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => [
        key,
        combine(a[key] ?? 0, b[key] ?? 0),
      ]),
    );
const plus = combined((a, b) => a + b);
const minus = combined((a, b) => a - b);
const most = combined(Math.max);

/**
 * The resources that the scheduler reserves for a pod: for each resource, the sum over all containers and sidecars, which run
 * together, or the most that another init container needs with the sidecars started before it, because init containers run one
 * by one. The pod's overhead is added.
 */
export function requestsOf({ containers = [], initContainers = [], overhead }: PodSpec): Amounts {
  const requested = ({ resources }: Container) => amountsOf(resources?.requests);
  let sidecars: Amounts = {};
  let starting: Amounts = {};
  for (const one of initContainers) {
    const running = plus(sidecars, requested(one));
    starting = most(starting, running);
    if (one.restartPolicy === 'Always') sidecars = running;
  }
  const together = containers.map(requested).reduce(plus, sidecars);
  return plus(plus(most(starting, together), amountsOf(overhead)), { pods: 1 });
}
