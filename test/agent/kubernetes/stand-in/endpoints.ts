import { kubernetesName } from '../../../../agent/kubernetes/objects/names.ts';
import type { StandIn } from './server.ts';
import type { StoredObject } from './store.ts';

export interface Endpoint {
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

/** An EndpointSlice as its controller writes it: null where there is none. */
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

/** Does what the controller of EndpointSlices does for a stage's service. */
export function setEndpoints(
  standIn: StandIn,
  namespace: string,
  pipeline: string,
  stage: string,
  port: number,
  endpoints: readonly Endpoint[],
): void {
  const labels = {
    'app.kubernetes.io/part-of': kubernetesName(pipeline),
    'ipa-edge/part': 'stage',
    'ipa-edge/stage': kubernetesName(stage),
  };
  const slice = endpointSlice(
    namespace,
    { service: kubernetesName(pipeline, stage), labels, port },
    endpoints,
  );
  const key = `apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${slice.metadata.name}`;
  const manager = 'kube-controller-manager';
  if (standIn.store.get(key)) standIn.store.replace(key, slice, manager);
  else standIn.store.create(key, slice, manager);
}
