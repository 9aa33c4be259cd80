import { isReady, type Labels, type PodStatus, podsOf } from './pods.ts';
import type { ObjectStore, StoredObject } from './store.ts';

interface Endpoint {
  readonly address: string;
  readonly pod: string;
  readonly ready: boolean;
  readonly terminating?: boolean;
  /** Whether the pod's readiness probe succeeds; a terminating pod may still serve. */
  readonly serving?: boolean;
}

interface SliceOf {
  readonly service: string;
  readonly labels: { [key: string]: string };
  readonly port: number;
}

/** Makes an EndpointSlice as its controller writes it, with null instead of empty lists. */
export const endpointSlice = (
  namespace: string,
  { service, labels, port }: SliceOf,
  endpoints: readonly Endpoint[],
): StoredObject => ({
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  metadata: {
    name: `${service}-2xhmd`,
    namespace,
    labels: { ...labels, 'kubernetes.io/service-name': service, 'service.kubernetes.io/headless': '' },
  },
  addressType: 'IPv4',
  endpoints:
    endpoints.length === 0
      ? null
      : endpoints.map(({ address, pod, ready, terminating = false, serving = ready }) => ({
          addresses: [address],
          conditions: { ready, serving, terminating },
          targetRef: { kind: 'Pod', namespace, name: pod, uid: pod },
          nodeName: 'node1',
        })),
  ports: endpoints.length === 0 ? null : [{ name: 'http', protocol: 'TCP', port }],
});

/**
 * Keeps the slices of headless Services up to date from now on, as their controller does: a slice has the pods that its Service
 * selects.
 */
export function controlEndpoints(store: ObjectStore): void {
  store.watchers.add(({ object: { kind, metadata } }) => {
    if (kind !== 'Pod') return;
    for (const service of store.all(`api/v1/namespaces/${metadata.namespace}/services`)) {
      const { clusterIP, selector } = service.spec as { clusterIP: string; selector: Labels };
      if (clusterIP === 'None') writeSlice(store, service, podsOf(store, metadata.namespace, selector));
    }
  });
}

function writeSlice(store: ObjectStore, service: StoredObject, pods: readonly StoredObject[]): void {
  const { name, namespace, labels = {} } = service.metadata;
  const reached = pods.filter(({ status }) => (status as PodStatus).podIP !== undefined);
  const endpoints = reached.map((pod) => {
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    const serving = isReady(pod);
    const address = (pod.status as PodStatus).podIP!;
    return { address, pod: pod.metadata.name, ready: serving && !terminating, serving, terminating };
  });
  const port = reached[0] ? portOf(reached[0]) : 0;
  const slice = endpointSlice(namespace, { service: name, labels, port }, endpoints);
  const key = `apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${slice.metadata.name}`;
  if (store.get(key)) store.replace(key, slice, MANAGER);
  else if (endpoints.length > 0) store.create(key, slice, MANAGER);
}

const MANAGER = 'kube-controller-manager';

const portOf = ({ spec }: StoredObject): number =>
  (spec as unknown as { containers: { ports: { containerPort: number }[] }[] }).containers[0]!.ports[0]!
    .containerPort;
