import { gzipSync } from 'node:zlib';
import type { Profile } from '../../../solver/documents/profile.ts';
import { heavyRows, plannedGroups } from '../../cluster/replica-plan.ts';
import { ProfileTooLargeError } from '../errors.ts';
import type { PodSettings } from '../settings.ts';
import { describingLabels, objectNames, ownLabels, PART_LABEL, partLabels } from './labels.ts';
import { accountObjects, deployment } from './parts.ts';
import { type AgentPod, agentPod, OWN_NAMESPACE } from './pod-spec.ts';
import { nodeSelector } from './pods.ts';
import type { ServedPlan } from './stage.ts';
import type { KubernetesObject } from './types.ts';

/** Key of the profile in its ConfigMap. */
export const PROFILE_KEY = 'profile.json.gz';
/** The most bytes that Kubernetes stores in a ConfigMap, less room for its metadata. */
const CONFIG_MAP_BYTES_MAX = 2 ** 20 - 16 * 1024;

/** Whether an object belongs to `watch`, and not to the pods that serve the plan. */
export const isOfWatch = ({ metadata }: KubernetesObject): boolean =>
  metadata.labels?.[PART_LABEL] === 'watch';

/**
 * Makes the objects that run `ipa-agent watch` in the cluster, with a Role that allows what watch does and nothing else.
 * @throws ProfileTooLargeError
 */
export function watchObjects(profile: Profile, { plan, pipeline, settings }: ServedPlan): KubernetesObject[] {
  const { namespace } = settings;
  const names = objectNames(pipeline.name);
  const metadata = watchMetadata(pipeline.name, namespace);
  const stages = pipeline.stages.map(({ name }) => name);
  // Plans that are applied after this one may have pods for each stage or for all together, and a heavy variant in any stage, so
  // the Role names the deployments of all of these.
  const held = [
    ...plannedGroups(plan).map((group) => group.stages),
    ...[...stages, ...heavyRows(pipeline).values()].map((row) => [row]),
    stages,
  ];
  return [
    ...accountObjects(metadata, [
      { apiGroups: [''], resources: ['configmaps'], resourceNames: [names.plan], verbs: ['get', 'patch'] },
      {
        apiGroups: ['apps'],
        resources: ['deployments'],
        resourceNames: [...new Set(held.map(names.pods))],
        verbs: ['get', 'patch'],
      },
      // Watch needs these rights to read the gateways' counters. Kubernetes cannot restrict them to the gateways, whose pods have
      // random names.
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'] },
      ...leaseRules(pipeline.name),
      { apiGroups: [''], resources: ['events'], verbs: ['create'] },
    ]),
    profileObject(profile, names.watch, namespace),
    watchDeployment(pipeline.name, settings, {
      nodeSelector: nodeSelector(profile.device, {}),
      args: ['--profile', `${PROFILE_FOLDER}/${PROFILE_KEY}`],
      mounts: [{ name: 'profile', mountPath: PROFILE_FOLDER, source: { configMap: { name: names.watch } } }],
    }),
  ];
}

/** The rights to elect a leader among the processes that watch a pipeline. */
export const leaseRules = (pipeline: string) => [
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [objectNames(pipeline).watch],
    verbs: ['get', 'update'],
  },
  // Kubernetes cannot restrict the creation of objects to a name.
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
];

/** Name and labels of the objects that run watch for a pipeline. */
export const watchMetadata = (pipeline: string, namespace: string) => ({
  name: objectNames(pipeline).watch,
  namespace,
  labels: { ...selectorOf(pipeline), ...describingLabels(pipeline, 'watch') },
});

const selectorOf = (pipeline: string) => ({ ...ownLabels(pipeline), ...partLabels(pipeline, 'watch') });

/** The ConfigMap with a profile, which outlives the plans that are made from it. @throws ProfileTooLargeError */
export const profileObject = (profile: Profile, name: string, namespace: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...watchMetadata(profile.pipeline, namespace), name },
  binaryData: { [PROFILE_KEY]: compressed(profile) },
});

const PROFILE_FOLDER = '/etc/ipa-edge';

/**
 * Makes two pods that run watch. The second takes over when the Lease of the first ends, so that a drained node does not stop
 * adaptation.
 */
export function watchDeployment(
  pipeline: string,
  settings: PodSettings,
  { args = [], ...pod }: Partial<Pick<AgentPod, 'nodeSelector' | 'args' | 'mounts'>> = {},
): KubernetesObject {
  const metadata = watchMetadata(pipeline, settings.namespace);
  const spec = agentPod(settings, {
    name: 'watch',
    args: ['watch', '--manifest', settings.manifest, '--namespace', OWN_NAMESPACE.arg, ...args],
    env: [OWN_NAMESPACE.env],
    resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { cpu: '1', memory: '1Gi' } },
    nodeSelector: settings.nodeSelector,
    ...pod,
  });
  return deployment(metadata, {
    replicas: 2,
    selector: selectorOf(pipeline),
    pod: { ...spec, serviceAccountName: metadata.name, automountServiceAccountToken: true },
  });
}

/** The profile, gzipped, in base64. @throws ProfileTooLargeError */
function compressed(profile: Profile): string {
  const text = gzipSync(JSON.stringify(profile), { level: 9 }).toString('base64');
  if (text.length > CONFIG_MAP_BYTES_MAX) throw new ProfileTooLargeError(text.length);
  return text;
}
