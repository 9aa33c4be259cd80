import type { StandIn } from './server.ts';

interface NodeOf {
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
  { cpu = '64', memory = '256Gi', ready = true, cordoned = false, labels = {}, taints = [] }: NodeOf = {},
): void {
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, namespace: '', labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...(cordoned && { unschedulable: true }), taints },
    status: {
      allocatable: { cpu, memory, pods: '110' },
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }],
    },
  };
  standIn.store.create(`api/v1/nodes/${name}`, node, 'kubelet');
}

/** Adds a pod that runs on a node, as kubelet tells it. */
export function addPod(
  standIn: StandIn,
  {
    name,
    namespace,
    node,
    cpu,
    memory,
    labels = {},
    phase = 'Running',
  }: {
    readonly name: string;
    readonly namespace: string;
    readonly node: string;
    readonly cpu: string;
    readonly memory: string;
    readonly labels?: { [key: string]: string };
    readonly phase?: string;
  },
): void {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { nodeName: node, containers: [{ name: 'main', resources: { requests: { cpu, memory } } }] },
    status: { phase },
  };
  standIn.store.create(`api/v1/namespaces/${namespace}/pods/${name}`, pod, 'kubelet');
}
