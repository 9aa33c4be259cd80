import type { JsonObject } from './fields.ts';
import { setReady } from './pods.ts';
import type { StandIn } from './server.ts';

interface NodeOf {
  /** Cores of the node in all; absent: the node does not report them. */
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

/** Marks a node and its pods as lost, or as ready again, as the controller of nodes does. */
export function setNodeReady({ store }: StandIn, name: string, ready: boolean): void {
  setReady(store, `api/v1/nodes/${name}`, ready ? 'True' : 'Unknown');
  for (const { kind, metadata, spec } of store.all('api/v1/namespaces'))
    if (kind === 'Pod' && (spec as { nodeName?: string }).nodeName === name)
      setReady(
        store,
        `api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`,
        ready ? 'True' : 'False',
      );
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
  /** Address and port at which the pod serves HTTP. */
  readonly serves?: { readonly address: string; readonly port: number };
}

/** Adds a pod on a node, with the status that the kubelet would report. */
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
    serves,
  }: PodOf,
): void {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      nodeName: node,
      containers: [
        {
          ...{ name: 'main', resources: { requests: { cpu, memory } } },
          ...(serves && { ports: [{ name: 'http', containerPort: serves.port }] }),
        },
      ],
    },
    status: {
      ...{ phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
      ...(serves && { podIP: serves.address }),
    },
  };
  standIn.store.create(`api/v1/namespaces/${namespace}/pods/${name}`, pod, 'kubelet');
}

/** Adds a gateway's pod, which answers at a URL. */
export function addGateway(standIn: StandIn, name: string, url: string, ready = true): void {
  const labels = { 'app.kubernetes.io/part-of': 'fashion', 'ipa-edge/part': 'gateway' };
  addPod(standIn, { name, namespace: 'shop', labels, ready });
  standIn.pods.set(name, url);
}

/** Sets the status of a deployment of fashion, as its controller does: by default all pods exist and serve. */
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
