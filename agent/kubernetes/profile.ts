import { randomBytes } from 'node:crypto';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { Interrupted } from '../../workers/command/exit.ts';
import { STOPPED } from '../../workers/command/profile.ts';
import { sleep } from '../../workers/executor/clock.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';
import { message } from '../../workers/runtime/errors.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { BACK_OFF, pauseMs } from '../cluster/back-off.ts';
import type { Listener, ProfileListener } from '../cluster/engine.ts';
import { type KubernetesApi, LOG_SILENT_MS } from './api.ts';
import { podSpecOf, requestsOf } from './capacity/cluster.ts';
import { ApiError, isOutage } from './errors.ts';
import { warningsIn } from './events.ts';
import { ofOptionalKind } from './left-over.ts';
import { PROFILE_CONTAINER, profileJob } from './objects/profile-job.ts';
import type { ServedPlan } from './objects/stage.ts';
import type { KubernetesObject } from './objects/types.ts';
import { endReason, lastWarning, statusOf, waitReason } from './pod-status.ts';

/** The profile job has ended without a profile. */
export class ProfileJobError extends Error {
  override name = 'ProfileJobError';
  constructor(pod: string, why: string) {
    super(`Profiling in Pod ${pod} failed: ${why}`);
  }
}

/** The log has ended without a profile, although its pod has not failed. */
class LogCutError extends ProfileJobError {
  override name = 'LogCutError';
}

/** Milliseconds between two readings of the job's pod. */
const READ_MS = 500;
/** Milliseconds until the job's pod must have started: long enough to add a node and to pull an image. */
const START_MS_MAX = 10 * 60_000;
/** Number of the log's last lines that an error quotes. */
const LAST_LINES = 5;

/** What a Job profiles, and with which pods. */
interface Profiled extends Omit<ServedPlan, 'plan'> {
  /** The InferencePipeline that needs the profile. Only one process at a time profiles for it. */
  readonly owner?: KubernetesObject | undefined;
}

/**
 * Profiles in a Job and reads the profile from its pod's log. Removes the Job at the end and when the signal aborts. A Job that
 * measures survives an outage of the API server that ends within `LOG_SILENT_MS` of the last line read.
 * @param listener gets each line of the log before the profile, and what the job's start waits for
 * @throws ProfileJobError, Interrupted, ApiError and its subclasses, ClusterUnreachableError
 */
export async function profileInJob(
  api: KubernetesApi,
  profileSettings: ProfileSettings,
  { pipeline, settings, owner }: Profiled,
  listener: ProfileListener,
  startMsMax = START_MS_MAX,
): Promise<IdentifiedProfile> {
  const { signal, onEvent } = listener;
  const job = profileJob(profileSettings, pipeline, settings, randomBytes(4).toString('hex'), owner);
  const { name, namespace } = job.metadata;
  let isRefused = false;
  if (owner) await removeLeftJobs(api, job, owner);
  try {
    await api.create(job).catch((error) => {
      // After an outage nobody knows whether the API server has created the Job. After any other error there is no Job.
      isRefused = !isOutage(error);
      throw error;
    });
    const pod = await startedPod(api, job, listener, startMsMax);
    return await profileInLog(api, job, pod, listener);
  } catch (error) {
    if (signal.aborted)
      throw new Interrupted('Profiling was stopped; nothing of it is kept.', { cause: error });
    throw error;
  } finally {
    // A failed removal must not replace the profile or the error.
    if (!isRefused)
      await api
        .remove(job)
        .catch((error) =>
          onEvent(
            `Job ${name} was not removed. Run kubectl delete job ${name} -n ${namespace}: ${message(error)}`,
          ),
        );
  }
}

/**
 * Removes the Jobs of an earlier process that was killed, or did not reach the API server, before it removed them. They would slow
 * down the measurements of the new Job.
 */
async function removeLeftJobs(
  api: KubernetesApi,
  { apiVersion, kind, metadata: { namespace, labels } }: KubernetesObject,
  owner: KubernetesObject,
): Promise<void> {
  // An earlier version of the agent may have made the Role, without the right to list Jobs. Then the list is empty.
  for (const job of await ofOptionalKind(api, { apiVersion, kind, namespace: namespace!, labels: labels! })) {
    const { ownerReferences = [] } = job.metadata as { ownerReferences?: readonly { uid: unknown }[] };
    if (ownerReferences.some(({ uid }) => uid === owner.metadata.uid)) await api.remove(job);
  }
}

/** Value of a line of JSON; undefined if the line was cut off. */
function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The pod of a job; undefined if there is none. */
async function podOf(
  api: KubernetesApi,
  { metadata: { name, namespace } }: KubernetesObject,
): Promise<KubernetesObject | undefined> {
  const labels = { 'job-name': name };
  const { items } = await api.list({ apiVersion: 'v1', kind: 'Pod', namespace: namespace!, labels });
  return items[0];
}

/**
 * Reads the profile from the log of the job's pod. Reads the log again if it was cut off, until the log has brought no new line
 * for `LOG_SILENT_MS`.
 * @throws ProfileJobError if the log ends without a profile
 */
async function profileInLog(
  api: KubernetesApi,
  job: KubernetesObject,
  pod: string,
  { signal, onEvent }: Listener,
): Promise<IdentifiedProfile> {
  const last: string[] = [];
  let known = 0;
  let untilMs = performance.now() + LOG_SILENT_MS;
  for (let failures = 0; ; ) {
    let read = 0;
    try {
      for await (const line of api.logs(job.metadata.namespace!, pod, PROFILE_CONTAINER, signal)) {
        // The profile is one line because of --json, and no other line begins with a brace.
        if (line.startsWith('{')) {
          const value = jsonIn(line);
          if (value === undefined) break;
          return await parseIdentified(value, `the log of Pod ${pod}`);
        }
        // `STOPPED` promises that the measurements are kept, which is wrong here: the pod's folder is removed with the pod.
        if (line === STOPPED || read++ < known) continue;
        known++;
        if (last.push(line) > LAST_LINES) last.shift();
        onEvent(line);
        untilMs = performance.now() + LOG_SILENT_MS;
        failures = 0;
      }
      signal.throwIfAborted();
      // A kubelet that restarts ends the log of a pod that runs on.
      const now = await podOf(api, job);
      const phase = now && statusOf(now).phase;
      if (phase === 'Running' || phase === 'Succeeded')
        throw new LogCutError(pod, 'its log has ended before the profile');
      throw new ProfileJobError(pod, whyEnded(job, now, last));
    } catch (caught) {
      const isRemoved = caught instanceof ApiError && caught.status === 404;
      const error = isRemoved ? new ProfileJobError(pod, whyEnded(job, undefined, last)) : caught;
      const isCut = error instanceof LogCutError || isOutage(error);
      if (signal.aborted || !isCut || performance.now() > untilMs) throw error;
      onEvent(`the log of Pod ${pod} was cut off and is read again: ${message(error)}`);
      await sleep(pauseMs(BACK_OFF, ++failures), signal);
    }
  }
}

/** Why a job's pod has ended without a profile. @param pod absent if it was removed */
function whyEnded(job: KubernetesObject, pod: KubernetesObject | undefined, last: readonly string[]): string {
  const { name, namespace } = job.metadata;
  return (
    [endReason(pod), ...last].filter(Boolean).join('\n') ||
    `its log is empty. See kubectl describe job ${name} -n ${namespace}`
  );
}

/** Matches the scheduler's reason why a pod finds no node with enough free cores. */
const LACKS_CORES = /insufficient cpu/i;

/** Says how many cores the job's pod asks for, because a small node may never have as many. */
const asksText = (job: KubernetesObject): string =>
  `The job asks for ${requestsOf(podSpecOf(job)).cpu} cores; with fewer threads to measure, it asks for fewer.`;

/**
 * Waits until the job's pod has started, and reports the reason while it waits. Returns the pod's name.
 * @throws ProfileJobError if the pod does not start in time
 */
async function startedPod(
  api: KubernetesApi,
  job: KubernetesObject,
  { signal, onEvent, onWait }: ProfileListener,
  startMsMax: number,
): Promise<string> {
  const { name, namespace } = job.metadata;
  const untilMs = performance.now() + startMsMax;
  let reported = '';
  for (;;) {
    signal.throwIfAborted();
    let pod: KubernetesObject | undefined;
    let reason: string | undefined;
    try {
      pod = await podOf(api, job);
      if (pod && ['Running', 'Succeeded', 'Failed'].includes(statusOf(pod).phase ?? '')) {
        if (reported) onWait?.(null);
        return pod.metadata.name;
      }
      const warnings = await warningsIn(api, namespace!);
      // A quota keeps a Job from making its pod, and only an event tells so.
      reason = pod ? waitReason(pod, warnings) : lastWarning(job, warnings);
      if (reason && LACKS_CORES.test(reason)) reason += ` ${asksText(job)}`;
    } catch (error) {
      if (!isOutage(error)) throw error;
      reason = message(error);
    }
    if (reason && reason !== reported) {
      const why = `${pod ? `Pod ${pod.metadata.name}` : `Job ${name}`} waits: ${reason}`;
      onEvent(why);
      onWait?.(why);
      reported = reason;
    }
    if (performance.now() > untilMs)
      throw new ProfileJobError(
        pod?.metadata.name ?? name,
        `it did not start in time: ${reason ?? `the Job made no pod. See kubectl describe job ${name} -n ${namespace}`}`,
      );
    await sleep(READ_MS, signal);
  }
}
