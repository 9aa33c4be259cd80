import type { Pipeline } from '../../../models/manifests/pipeline.ts';
import type { ProfileSettings } from '../../../workers/profiler/types.ts';
import { kubernetesName } from '../../cluster/names.ts';
import type { PodSettings } from '../settings.ts';
import { objectLabels } from './labels.ts';
import { agentPod } from './pod-spec.ts';
import { profilerResources } from './pods.ts';
import type { KubernetesObject } from './types.ts';

/** Name of the container that profiles. */
export const PROFILE_CONTAINER = 'profile';
/** Seconds until Kubernetes removes a finished Job if the process that made the Job has ended without removing it. */
const KEPT_S = 3600;

/**
 * Seconds that a pod may take beside twice the budget. The budget counts neither the pull of the image, nor the loading of models,
 * nor the cells that are measured whatever the budget.
 */
const UNCOUNTED_S = 3600;

/**
 * Makes a Job that profiles on a node of the cluster and writes the profile as the last line of its log. Kubernetes does not
 * retry a failed Job, because the user must first remove the cause, which the log shows.
 * @param suffix makes the Job's name unique
 * @param owner an object without which the Job is of no use: Kubernetes removes the Job with it
 */
export function profileJob(
  profileSettings: ProfileSettings,
  pipeline: Pipeline,
  settings: PodSettings,
  suffix: string,
  owner?: KubernetesObject,
): KubernetesObject {
  const { namespace, manifest, nodeSelector } = settings;
  const { backends, threads, batches, budgetS, seed, slaMs } = profileSettings;
  const labels = objectLabels(pipeline.name, 'profile');
  const pod = agentPod(settings, {
    name: PROFILE_CONTAINER,
    args: [
      'profile',
      ...['--manifest', manifest, '--backend', backends.join(','), '--threads', threads.join(',')],
      ...['--batches', batches.join(','), '--budget', `${budgetS}s`, '--seed', String(seed)],
      ...(slaMs === undefined ? [] : ['--sla', String(slaMs)]),
      ...['--pods', '--out', '/tmp/profile/profile.json', '--json'],
    ],
    resources: profilerResources(pipeline, backends, Math.max(...threads)),
    nodeSelector,
    tmp: '512Mi',
  });
  // The pod's deadline, unlike the Job's, does not count the wait for a node, and the pod keeps its log and the reason of its end.
  const activeDeadlineSeconds = Math.ceil(UNCOUNTED_S + 2 * budgetS);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: kubernetesName(pipeline.name, 'profile', suffix),
      namespace,
      labels,
      ...(owner && { ownerReferences: [referenceTo(owner)] }),
    },
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: KEPT_S,
      template: { metadata: { labels }, spec: { ...pod, restartPolicy: 'Never', activeDeadlineSeconds } },
    },
  };
}

const referenceTo = ({ apiVersion, kind, metadata: { name, uid } }: KubernetesObject) => ({
  apiVersion,
  kind,
  name,
  uid,
});
