import { gzipSync } from 'node:zlib';
import type { Profile } from '../../../solver/documents/profile.ts';
import { plannedGroups } from '../../cluster/replica-plan.ts';
import { ProfileTooLargeError } from '../errors.ts';
import type { PodSettings } from '../settings.ts';
import { describingLabels, objectNames, ownLabels } from './labels.ts';
import { accountObjects } from './parts.ts';
import {
  CONTAINER_SECURITY,
  modelsMounts,
  modelsVolumes,
  nodeSelector,
  OWN_NAMESPACE,
  POD_SECURITY,
  scheduling,
  spreadOverNodes,
} from './pods.ts';
import type { ServedPlan } from './stage.ts';
import type { KubernetesObject } from './types.ts';

/** Key of the profile in its ConfigMap. */
const PROFILE_KEY = 'profile.json.gz';
/** The most bytes that Kubernetes stores in a ConfigMap, less room for its metadata. */
const CONFIG_MAP_BYTES = 2 ** 20 - 16 * 1024;

const PART = { 'ipa-edge/part': 'watch' };

/** Whether an object runs `watch`, and not the plan. */
export const isOfWatch = ({ metadata }: KubernetesObject): boolean =>
  metadata.labels?.['ipa-edge/part'] === PART['ipa-edge/part'];

/**
 * Makes the objects that run `ipa-agent watch` in the cluster, with a Role that allows what watch does and nothing else.
 * @throws ProfileTooLargeError
 */
export function watchObjects(profile: Profile, { plan, pipeline, settings }: ServedPlan): KubernetesObject[] {
  const { namespace } = settings;
  const names = objectNames(pipeline.name);
  const selector = { ...ownLabels(pipeline.name), ...PART };
  const labels = { ...selector, ...describingLabels(pipeline.name, 'watch') };
  const metadata = { name: names.watch, namespace, labels };
  return [
    ...accountObjects(metadata, [
      { apiGroups: [''], resources: ['configmaps'], resourceNames: [names.plan], verbs: ['get', 'patch'] },
      {
        apiGroups: ['apps'],
        resources: ['deployments'],
        resourceNames: plannedGroups(plan).map(({ stages }) => names.pods(stages)),
        verbs: ['get', 'patch'],
      },
      // The gateways' counters of arrivals. Kubernetes cannot restrict this to the gateways, whose pods have random names.
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'] },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: [names.watch],
        verbs: ['get', 'update'],
      },
      // Kubernetes cannot restrict the creation of objects to a name.
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
      { apiGroups: [''], resources: ['events'], verbs: ['create'] },
    ]),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      binaryData: { [PROFILE_KEY]: compressed(profile).toString('base64') },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        // A second pod takes over when the first one's Lease ends, so that a drained node does not stop adaptation.
        replicas: 2,
        selector: { matchLabels: selector },
        template: {
          metadata: { labels },
          spec: { ...podOf(profile, settings, names.watch), ...spreadOverNodes(selector) },
        },
      },
    },
  ];
}

const PROFILE_FOLDER = '/etc/ipa-edge';

/** @param name of the service account, and of the ConfigMap with the profile */
const podOf = (profile: Profile, settings: PodSettings, name: string) => ({
  serviceAccountName: name,
  enableServiceLinks: false,
  automountServiceAccountToken: true,
  nodeSelector: nodeSelector(profile.device, {}),
  ...scheduling(settings),
  securityContext: POD_SECURITY,
  containers: [
    {
      name: 'watch',
      image: settings.image,
      args: [
        'watch',
        ...['--manifest', settings.manifest, '--namespace', OWN_NAMESPACE.arg],
        ...['--profile', `${PROFILE_FOLDER}/${PROFILE_KEY}`],
      ],
      env: [OWN_NAMESPACE.env],
      resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { cpu: '1', memory: '1Gi' } },
      terminationMessagePolicy: 'FallbackToLogsOnError',
      securityContext: CONTAINER_SECURITY,
      volumeMounts: [
        { name: 'profile', mountPath: PROFILE_FOLDER, readOnly: true },
        ...modelsMounts(settings),
        { name: 'tmp', mountPath: '/tmp' },
      ],
    },
  ],
  volumes: [
    { name: 'profile', configMap: { name } },
    ...modelsVolumes(settings),
    { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
  ],
});

function compressed(profile: Profile): Buffer {
  const bytes = gzipSync(JSON.stringify(profile), { level: 9 });
  if (bytes.toString('base64').length > CONFIG_MAP_BYTES) throw new ProfileTooLargeError(bytes.length);
  return bytes;
}
