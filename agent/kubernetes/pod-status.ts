import { counted } from '../../solver/math/figures.ts';
import type { KubernetesObject } from './objects/types.ts';

interface Terminated {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerStatus {
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: Terminated;
  };
  readonly lastState?: { readonly terminated?: Terminated };
}

/** The fields of a pod's status that the agent reads. */
interface PodStatus {
  readonly phase?: string;
  /** Why the cluster has ended the pod, e.g. `Evicted`. */
  readonly reason?: string;
  readonly message?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly message?: string;
  }[];
  readonly containerStatuses?: readonly ContainerStatus[];
}

export const statusOf = ({ status }: KubernetesObject): PodStatus => (status ?? {}) as PodStatus;

/** Whether a pod gets requests: it has passed its readiness probe, and is not being deleted. */
export const isReady = (pod: KubernetesObject): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  (statusOf(pod).conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

/** A reason quotes at most this many characters of a process's last output. */
const QUOTED = 400;

/** The last warning about an object, as text. @param warnings those of its namespace, the object's own oldest first */
export function lastWarning(
  { metadata }: KubernetesObject,
  warnings: readonly KubernetesObject[],
): string | undefined {
  const own = warnings.filter(
    ({ involvedObject }) =>
      (involvedObject as { readonly name?: string } | undefined)?.name === metadata.name,
  );
  return own.at(-1)?.message as string | undefined;
}

/** Why a pod is not ready, in one line. @param warnings as for {@link lastWarning} */
export function waitReason(pod: KubernetesObject, warnings: readonly KubernetesObject[]): string {
  const { conditions = [], containerStatuses = [] } = statusOf(pod);
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled?.message) return unscheduled.message;
  // A cluster may add containers to a pod, as a service mesh does. The pod waits for a container that is not ready.
  const {
    state,
    lastState,
    restartCount = 0,
  } = containerStatuses.find(({ ready }) => ready === false) ?? containerStatuses[0] ?? {};
  const ended = state?.terminated ?? lastState?.terminated;
  if (ended && restartCount > 0) {
    const last = ended.message?.trim().slice(-QUOTED);
    return `it has ended ${counted(restartCount, 'time')}, with ${ended.reason ?? `exit code ${ended.exitCode}`}${last ? `: ${last}` : ''}`;
  }
  const { reason, message } = state?.waiting ?? {};
  // While a container is being created, only events say what it waits for, such as a volume.
  if (reason && message) return `${reason}: ${message}`;
  const warning = lastWarning(pod, warnings);
  if (warning !== undefined) return warning;
  return reason && reason !== 'ContainerCreating' ? reason : 'it is starting';
}

/** Why the cluster and not its own process has ended a pod; undefined if the process has, whose log tells why. */
export function endReason(pod: KubernetesObject | undefined): string | undefined {
  if (!pod) return 'the cluster has removed it, as it does when its node is drained';
  const { reason, message, containerStatuses = [] } = statusOf(pod);
  if (reason) return message ? `${reason}: ${message}` : reason;
  const ends = containerStatuses.map(({ state }) => state?.terminated?.reason);
  return ends.find((end) => end !== undefined && !['Error', 'Completed'].includes(end));
}
