import { PORT } from './pods.ts';
import type { KubernetesObject } from './types.ts';

/** The service account of a pod that calls the API server, with a Role that allows only the calls in `rules`. */
export const accountObjects = (
  metadata: KubernetesObject['metadata'],
  rules: readonly object[],
): KubernetesObject[] => [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace: metadata.namespace }],
  },
];

export const httpPort = { name: 'http', port: PORT, targetPort: 'http', protocol: 'TCP' };

interface DeployedPods {
  readonly replicas: number;
  readonly selector: Readonly<Record<string, string>>;
  /** How pods are replaced; absent: by Kubernetes' defaults. */
  readonly rollingUpdate?: { readonly maxSurge: number; readonly maxUnavailable: number };
  readonly pod: object;
}

/** A deployment whose pods are spread over the nodes where possible, so that the loss of a node leaves some of them. */
export const deployment = (
  metadata: KubernetesObject['metadata'],
  { replicas, selector, rollingUpdate, pod }: DeployedPods,
): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: {
    replicas,
    selector: { matchLabels: selector },
    ...(rollingUpdate && { strategy: { type: 'RollingUpdate', rollingUpdate } }),
    template: {
      metadata: { labels: metadata.labels },
      spec: {
        ...pod,
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: { matchLabels: selector },
          },
        ],
      },
    },
  },
});

/** The number of pods that a deployment wants. */
export const replicasOf = ({ spec }: KubernetesObject): number =>
  (spec as { readonly replicas: number }).replicas;

/**
 * Lets only one of these pods at a time be evicted. Pods that are not ready may always be evicted: otherwise pods that cannot
 * start would block the drain of their node for ever.
 */
export const disruptionBudget = (
  metadata: KubernetesObject['metadata'],
  selector: Readonly<Record<string, string>>,
): KubernetesObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata,
  spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: selector } },
});
