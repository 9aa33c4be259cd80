import type { Backend } from '../../../solver/documents/common.ts';
import { clusterName } from './names.ts';
import { ownLabels } from './objects.ts';
import { CONTAINER_SECURITY, modelsMounts, modelsVolumes, POD_SECURITY, profilerResources } from './pods.ts';
import type { ClusterSettings, KubernetesObject, PipelineFacts } from './types.ts';

/** What is measured. */
export interface ProfileAsk {
  readonly pipeline: string;
  readonly backends: readonly Backend[];
  readonly threads: readonly number[];
  readonly batches: readonly number[];
  readonly budgetS: number;
  readonly seed: number;
  readonly slaMs?: number | undefined;
}

/** A finished job is kept for so long, for whoever wants to see what it wrote. */
const KEPT_S = 3600;

/**
 * A job that profiles on the nodes that are to serve, and writes the profile as the last line of its log. It is not tried
 * again by itself: what failed once is to be looked at.
 * @param suffix tells it apart from others
 */
export function profileJob(
  ask: ProfileAsk,
  facts: PipelineFacts,
  settings: ClusterSettings,
  suffix: string,
): KubernetesObject {
  const { namespace, image, manifest, nodeSelector } = settings;
  const { pipeline, backends, threads, batches, budgetS, seed, slaMs } = ask;
  const labels = { ...ownLabels(pipeline), 'ipa-edge/part': 'profile' };
  const container = {
    name: 'profile',
    image,
    args: [
      'profile',
      ...['--manifest', manifest, '--backend', backends.join(','), '--threads', threads.join(',')],
      ...['--batches', batches.join(','), '--budget', `${budgetS}s`, '--seed', String(seed)],
      ...(slaMs === undefined ? [] : ['--sla', String(slaMs)]),
      ...['--out', '/tmp/profile/profile.json', '--json'],
    ],
    resources: profilerResources(facts, backends, Math.max(...threads)),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [...modelsMounts(settings), { name: 'tmp', mountPath: '/tmp' }],
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `${clusterName(pipeline)}-profile-${suffix}`, namespace, labels },
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: KEPT_S,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          containers: [container],
          nodeSelector: { ...nodeSelector },
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: POD_SECURITY,
          volumes: [...modelsVolumes(settings), { name: 'tmp', emptyDir: { sizeLimit: '512Mi' } }],
        },
      },
    },
  };
}
