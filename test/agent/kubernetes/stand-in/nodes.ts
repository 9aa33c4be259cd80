import type { JsonObject } from './fields.ts';
import type { StandIn } from './server.ts';

interface NodeOf {
  /** Cores of the node in all; absent: it does not tell. */
  readonly cores?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly ready?: boolean;
  readonly cordoned?: boolean;
  readonly labels?: { [key: string]: string };
  readonly taints?: { key: string; value: string; effect: string }[];
}

/** Adds a node, as its kubelet registers it: by default with room for any plan of the tests. */
export function addNode(
  standIn: StandIn,
  name: string,
  {
    cores,
    cpu = '64',
    memory = '256Gi',
    ready = true,
    cordoned = false,
    labels = {},
    taints = [],
  }: NodeOf = {},
): void {
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, namespace: '', labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...(cordoned && { unschedulable: true }), taints },
    status: {
      ...(cores !== undefined && { capacity: { cpu: cores } }),
      allocatable: { cpu, memory, pods: '110' },
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }],
    },
  };
  standIn.store.create(`api/v1/nodes/${name}`, node, 'kubelet');
}

interface PodOf {
  readonly name: string;
  readonly namespace: string;
  readonly node?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly labels?: { [key: string]: string };
  readonly phase?: string;
  readonly ready?: boolean;
}

/** Adds a pod on a node, as kubelet tells it. */
export function addPod(
  standIn: StandIn,
  {
    name,
    namespace,
    node = 'amd64',
    cpu = '0',
    memory = '0',
    labels = {},
    phase = 'Running',
    ready = true,
  }: PodOf,
): void {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { nodeName: node, containers: [{ name: 'main', resources: { requests: { cpu, memory } } }] },
    status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
  standIn.store.create(`api/v1/namespaces/${namespace}/pods/${name}`, pod, 'kubelet');
}

/** Adds a gateway's pod, which answers at a URL. */
export function addGateway(standIn: StandIn, name: string, url: string, ready = true): void {
  const labels = { 'app.kubernetes.io/part-of': 'fashion', 'ipa-edge/part': 'gateway' };
  addPod(standIn, { name, namespace: 'shop', labels, ready });
  standIn.pods.set(name, url);
}

/** Tells how many pods of a deployment of fashion there are, as its controller does: by default all are there and serve. */
export function tellPods(standIn: StandIn, part: string, status: JsonObject = {}): void {
  const key = `apis/apps/v1/namespaces/shop/deployments/fashion-${part}`;
  const { metadata, spec } = standIn.store.get(key)!;
  const { replicas } = spec as { replicas: number };
  standIn.store.setStatus(key, {
    observedGeneration: metadata.generation!,
    replicas,
    updatedReplicas: replicas,
    availableReplicas: replicas,
    ...status,
  });
}
