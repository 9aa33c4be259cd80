import { randomBytes } from 'node:crypto';
import { jsonValue } from '../../solver/documents/document.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { Interrupted } from '../../workers/command/exit.ts';
import { sleep } from '../../workers/executor/clock.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import type { Listener } from '../cluster/engine.ts';
import type { KubernetesApi } from './api.ts';
import { profileJob } from './objects/profile-job.ts';
import type { ServedPlan } from './objects/stage.ts';
import type { KubernetesObject } from './objects/types.ts';
import { statusOf, waitReason } from './pod-status.ts';

/** The profile job has ended without a profile. */
export class ProfileJobError extends Error {
  override name = 'ProfileJobError';
  constructor(pod: string, why: string) {
    super(`Profiling in Pod ${pod} failed: ${why}`);
  }
}

/** Milliseconds between two readings of the job's pod. */
const READ_MS = 500;
/** Milliseconds until the job's pod must have started: long enough to add a node and to pull an image. */
const START_MS_MAX = 10 * 60_000;
/** Number of the log's last lines that an error quotes. */
const LAST_LINES = 5;

/**
 * Profiles in a Job and reads the profile from its pod's log. Removes the Job at the end and when the signal aborts.
 * @param listener gets each line of the log
 * @throws ProfileJobError, Interrupted, ApiError and its subclasses, ClusterUnreachableError
 */
export async function profileInJob(
  api: KubernetesApi,
  profileSettings: ProfileSettings,
  { pipeline, settings }: Omit<ServedPlan, 'plan'>,
  listener: Listener,
  startMsMax = START_MS_MAX,
): Promise<IdentifiedProfile> {
  const { signal, onEvent } = listener;
  const job = profileJob(profileSettings, pipeline, settings, randomBytes(4).toString('hex'));
  await api.create(job);
  try {
    const pod = await startedPod(api, job, listener, startMsMax);
    const lines: string[] = [];
    for await (const line of api.logs(settings.namespace, pod, signal)) {
      // The profile is one line because of --json, and no other line begins with a brace.
      if (line.startsWith('{')) {
        const source = `the log of Pod ${pod}`;
        return await parseIdentified(jsonValue(line, source), source);
      }
      lines.push(line);
      onEvent(line);
    }
    signal.throwIfAborted();
    throw new ProfileJobError(
      pod,
      lines.slice(-LAST_LINES).join('\n') || 'its log is empty. See kubectl describe pod',
    );
  } catch (error) {
    if (signal.aborted)
      throw new Interrupted('Stopped. The job was removed; nothing of it is kept.', { cause: error });
    throw error;
  } finally {
    await api.remove(job);
  }
}

/**
 * Waits until the job's pod has started, and reports the reason while it waits. Returns the pod's name.
 * @throws ProfileJobError if the pod does not start in time
 */
async function startedPod(
  api: KubernetesApi,
  { metadata: { name: job, namespace } }: KubernetesObject,
  { signal, onEvent }: Listener,
  startMsMax: number,
): Promise<string> {
  const untilMs = performance.now() + startMsMax;
  let reported = '';
  for (;;) {
    signal.throwIfAborted();
    const labels = { 'job-name': job };
    const { items } = await api.list({ apiVersion: 'v1', kind: 'Pod', namespace: namespace!, labels });
    const pod = items[0];
    if (pod && ['Running', 'Succeeded', 'Failed'].includes(statusOf(pod).phase ?? ''))
      return pod.metadata.name;
    const reason = pod && waitReason(pod);
    if (reason && reason !== reported) {
      onEvent(`Pod ${pod.metadata.name} waits: ${reason}`);
      reported = reason;
    }
    if (performance.now() > untilMs)
      throw new ProfileJobError(
        pod?.metadata.name ?? job,
        `it did not start in time: ${reason ?? `the Job made no pod. See kubectl describe job ${job}`}`,
      );
    await sleep(READ_MS, signal);
  }
}
