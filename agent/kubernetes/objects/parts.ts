import { PORT } from './pods.ts';
import type { KubernetesObject } from './types.ts';

/** The service account of a pod that calls the API server, with a Role that allows these calls alone. */
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

export const rolling = (rollingUpdate: { maxSurge: number; maxUnavailable: number }) => ({
  type: 'RollingUpdate',
  rollingUpdate,
});
