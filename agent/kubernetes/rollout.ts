import { sleep } from '../../workers/executor/clock.ts';
import type { Rollout, RolloutFollower } from '../cluster/engine.ts';
import { NotServingError } from '../cluster/errors.ts';
import { isOutage } from './errors.ts';
import { warningsIn } from './events.ts';
import { ownLabels, PART_LABEL, SERVING_PARTS } from './objects/labels.ts';
import { replicasOf } from './objects/parts.ts';
import type { KubernetesObject } from './objects/types.ts';
import type { Place } from './place.ts';
import { isReady, statusOf, waitReason } from './pod-status.ts';

/** Milliseconds between two readings of the deployments. */
const READ_MS = 1000;

interface DeploymentStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
  }[];
}

/**
 * Waits until all pods of a pipeline's deployments are of the last applied version and ready, and all earlier pods have ended.
 * While the API server does not answer, the wait goes on.
 * @throws NotServingError when the time is over, or when Kubernetes has given a deployment up; ApiError and its subclasses, and
 * ClusterUnreachableError when the time is over
 */
export async function awaitRollout(
  place: Place,
  { timeoutMs, signal, onChange, readMs = READ_MS }: RolloutFollower,
): Promise<void> {
  const startMs = performance.now();
  const isOver = () => performance.now() - startMs > timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    try {
      const { rollout, givenUp } = await readRollout(place);
      onChange(rollout);
      if (rollout.ready === rollout.wanted && rollout.waits.length === 0) return;
      if (givenUp || isOver()) throw new NotServingError(place.pipeline, rollout);
    } catch (error) {
      if (!isOutage(error) || isOver()) throw error;
    }
    await sleep(readMs, signal);
  }
}

/** Reads how many pods of a pipeline serve, why others do not, and whether Kubernetes has given up a deployment. */
export async function readRollout({ api, pipeline, namespace }: Place) {
  const labels = ownLabels(pipeline);
  const listed = async (kind: string, apiVersion: string) =>
    (await api.list({ apiVersion, kind, namespace, labels })).items.filter(servesPlan);
  const deployments = (await listed('Deployment', 'apps/v1')).map(progressOf);
  const pods = (await listed('Pod', 'v1')).filter(isStarting);
  const warnings = pods.length === 0 ? [] : await warningsIn(api, namespace);
  const rollout: Rollout = {
    ready: deployments.reduce((sum, { ready }) => sum + ready, 0),
    wanted: deployments.reduce((sum, { wanted }) => sum + wanted, 0),
    waits: [
      ...deployments.flatMap(({ waits }) => waits),
      ...pods.map((pod) => `${pod.metadata.name}: ${waitReason(pod, warnings)}`),
    ],
  };
  return { rollout, givenUp: deployments.some(({ givenUp }) => givenUp) };
}

/** Whether an object is of a part that serves, and not of `watch` or a profile job, whose pods may wait for long. */
const servesPlan = ({ metadata }: KubernetesObject): boolean =>
  SERVING_PARTS.includes(metadata.labels?.[PART_LABEL] ?? '');

/** Whether a pod is expected to serve but does not yet. Pods that have ended, such as evicted ones, do not count. */
const isStarting = (pod: KubernetesObject): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  !isReady(pod) &&
  !['Succeeded', 'Failed'].includes(statusOf(pod).phase ?? '');

/**
 * Whether all pods of a deployment have served since the deployment last replaced its pods. Kubernetes keeps a condition that says
 * so. A deployment without that condition counts as one whose pods have served, because nothing says that they have not.
 */
export function hasRolledOut({ status }: KubernetesObject): boolean {
  const { conditions = [] } = (status ?? {}) as DeploymentStatus;
  const progress = conditions.find(({ type }) => type === 'Progressing');
  return progress === undefined || progress.reason === 'NewReplicaSetAvailable';
}

/** Progress of a deployment, by the rules of `kubectl rollout status`. */
function progressOf(deployment: KubernetesObject) {
  const { metadata, status } = deployment;
  const { name, generation } = metadata as { name: string; generation?: number };
  const wanted = replicasOf(deployment);
  const {
    observedGeneration = 0,
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
    conditions = [],
  } = (status ?? {}) as DeploymentStatus;
  const seen = observedGeneration >= (generation ?? 0);
  const old = replicas - updatedReplicas;
  const failure = conditions.find(({ type, status: is }) => type === 'ReplicaFailure' && is === 'True');
  return {
    wanted,
    ready: seen ? Math.max(0, Math.min(wanted, updatedReplicas, availableReplicas - old)) : 0,
    waits: [
      ...(failure ? [`${name}: ${failure.message ?? 'its pods cannot be made'}`] : []),
      ...(seen && old > 0 ? [`${name}: earlier pods run until new ones serve`] : []),
    ],
    givenUp: seen && conditions.some(({ reason }) => reason === 'ProgressDeadlineExceeded'),
  };
}
