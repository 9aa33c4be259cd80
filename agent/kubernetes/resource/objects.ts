import { kubernetesName } from '../../cluster/names.ts';
import { pluralOf } from '../api.ts';
import { objectNames } from '../objects/labels.ts';
import { MONITOR } from '../objects/monitor.ts';
import { accountObjects } from '../objects/parts.ts';
import { POD_KINDS } from '../objects/stage.ts';
import type { KubernetesObject } from '../objects/types.ts';
import { leaseRules, watchDeployment, watchMetadata } from '../objects/watch.ts';
import type { PodSettings } from '../settings.ts';
import { RESOURCE, resourceDefinition } from './schema.ts';

/** The API group of an `apiVersion`; empty for the core group. */
const groupOf = (apiVersion: string): string => apiVersion.slice(0, Math.max(0, apiVersion.indexOf('/')));

const GROUP = groupOf(RESOURCE.apiVersion);

/** Rights on a pipeline's InferencePipeline alone. */
const ofResource = (pipeline: string, resource: string, verbs: readonly string[]) => ({
  apiGroups: [GROUP],
  resources: [resource],
  resourceNames: [kubernetesName(pipeline)],
  verbs,
});

/** The rights to apply objects of a kind. */
const APPLIED = ['get', 'create', 'patch'];

/**
 * The CRD, and the objects that run `ipa-agent watch` for a pipeline's InferencePipeline. For such an object, watch also profiles
 * and applies plans, so its Role allows both. Kubernetes lets watch create the gateways' Role only because watch's own Role
 * includes the rights of that Role.
 */
export const resourceObjects = (pipeline: string, settings: PodSettings): KubernetesObject[] => [
  resourceDefinition(),
  ...accountObjects(watchMetadata(pipeline, settings.namespace), [
    ofResource(pipeline, 'inferencepipelines', ['list', 'watch']),
    ofResource(pipeline, 'inferencepipelines/status', ['patch']),
    { apiGroups: [''], resources: ['configmaps'], verbs: [...APPLIED, 'list', 'watch'] },
    { apiGroups: [''], resources: ['services'], verbs: [...APPLIED, 'list'] },
    { apiGroups: [''], resources: ['serviceaccounts'], verbs: APPLIED },
    // Watch reads only the Secret with the token. Kubernetes cannot restrict the creation of objects to a name.
    { apiGroups: [''], resources: ['secrets'], resourceNames: [objectNames(pipeline).token], verbs: ['get'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    // Watch deletes the pods of an earlier plan once the pods of the next plan serve, and a PodMonitor that the spec left out.
    ...[...POD_KINDS, [MONITOR.kind, MONITOR.apiVersion] as const].map(([kind, apiVersion]) => ({
      apiGroups: [groupOf(apiVersion)],
      resources: [pluralOf(kind)],
      verbs: ['delete'],
    })),
    ...[
      ['apps', 'deployments', 'list'],
      ['policy', 'poddisruptionbudgets', 'list'],
      ['networking.k8s.io', 'networkpolicies', 'list'],
      ['rbac.authorization.k8s.io', 'roles'],
      ['rbac.authorization.k8s.io', 'rolebindings'],
      ['monitoring.coreos.com', 'podmonitors'],
    ].map(([group, resource, ...more]) => ({
      apiGroups: [group],
      resources: [resource],
      verbs: [...APPLIED, ...more],
    })),
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['list', 'create', 'delete'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    { apiGroups: [''], resources: ['pods/log', 'pods/proxy'], verbs: ['get'] },
    ...leaseRules(pipeline),
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'list'] },
  ]),
  watchDeployment(pipeline, settings),
];
