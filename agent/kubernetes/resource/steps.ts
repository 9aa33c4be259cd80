import type { Manifest } from '../../../solver/documents/manifest.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import { slaText } from '../../../solver/math/figures.ts';
import { pasText } from '../../../solver/report/accuracy-unknown.ts';
import { choiceText } from '../../../solver/report/choice-text.ts';
import { sleep } from '../../../workers/executor/clock.ts';
import { message as messageOf } from '../../../workers/runtime/errors.ts';
import type { Listener } from '../../cluster/engine.ts';
import type { KubernetesApi } from '../api.ts';
import type { KubernetesEngine } from '../engine.ts';
import { readRollout } from '../rollout.ts';
import { keepProfile, keptProfile, measuredFor } from './kept-profile.ts';
import type { ResourceSpec } from './schema.ts';
import { answers, planFor } from './spec.ts';
import type { StatusWriter } from './status.ts';

/** Inputs of the steps that reconcile one generation of an InferencePipeline. */
export interface Work extends Listener {
  readonly api: KubernetesApi;
  readonly manifest: Manifest;
  readonly namespace: string;
  readonly spec: ResourceSpec;
  readonly engine: KubernetesEngine;
  readonly status: StatusWriter;
  /**
   * The profile that was measured last, if the cluster does not keep that profile, and in `for` the text of `measuredFor` for which
   * the profile was measured. All runs of one reconciliation share this object.
   */
  readonly unkept: { measured?: { readonly profile: IdentifiedProfile; readonly for: string } | undefined };
}

/** Adapts the applied plan to the load until the signal aborts. */
export type Adapt = (
  profile: IdentifiedProfile,
  engine: KubernetesEngine,
  signal: AbortSignal,
) => Promise<void>;

/**
 * Reads the profile that the cluster keeps of these models or, if none was measured for the spec, has a job measure one. If the
 * cluster cannot keep the profile, e.g. because it is too large, this process still uses it.
 * @param failed why the last try failed
 */
export async function profiled(work: Work, failed?: string): Promise<IdentifiedProfile> {
  const { api, manifest, namespace, spec, status, unkept, onEvent } = work;
  const wanted = measuredFor(spec);
  const kept = await keptProfile(api, manifest, namespace, wanted, onEvent);
  const last = unkept.measured?.for === wanted ? unkept.measured.profile : undefined;
  const profile = kept ?? last ?? (await measured(work, failed));
  let message = `Measured at ${profile.profile.createdAt}.`;
  if (!kept) {
    unkept.measured = { profile, for: wanted };
    try {
      await keepProfile(api, profile, namespace, wanted);
      unkept.measured = undefined;
    } catch (error) {
      const why = `The cluster does not keep the profile, so the next watch measures again: ${messageOf(error)}`;
      onEvent(why);
      message += ` ${why}`;
    }
  }
  await status.say(
    'Profiled',
    { status: 'True', reason: 'Measured', message },
    { profileSha256: profile.sha256 },
  );
  return profile;
}

/** Has a job measure a profile. Until the job has started, the condition says what it waits for. */
async function measured(work: Work, failed?: string): Promise<IdentifiedProfile> {
  const { spec, engine, status, onEvent } = work;
  const before = failed === undefined ? '' : ` The try before failed: ${failed}`;
  const say = (waits = '') =>
    status.say('Profiled', {
      ...{ status: 'False', reason: 'Profiling' },
      message: `A job measures the models.${waits}${before}`,
    });
  let said = say();
  await said;
  const onWait = (why: string | null) => {
    said = said
      .then(() => say(why === null ? '' : ` ${why}`))
      .catch((error) => onEvent(`the status cannot be written: ${messageOf(error)}`));
  };
  try {
    return await engine.profile({ ...spec.profile, seed: 1 }, { ...work, onWait });
  } finally {
    // Statuses must arrive in order, because one that arrives late would overwrite a newer one.
    await said;
  }
}

/** Applies a plan that fulfils the spec: the current plan if it does, and otherwise a new one. */
export async function planned(
  { spec, engine, status, onEvent, signal }: Work,
  profile: IdentifiedProfile,
): Promise<void> {
  const current = await engine.plan(onEvent);
  const plan = current && answers(current, spec, profile) ? current : await planFor(spec, profile, signal);
  // By now another process may lead, or the spec may have changed: then this plan must not be applied.
  signal.throwIfAborted();
  // Room is not checked, because listing nodes takes rights on the whole cluster. Pods without room wait, and a cluster
  // autoscaler may add nodes for them.
  const changes = await engine.apply(plan, { onEvent, allowPending: true, yields: true });
  const stay = changes.flatMap((change) => change.stay ?? []);
  if (stay.length > 0) onEvent(`left as other tools set it: ${stay.join('; ')}`);
  await sayPlanned(status, plan);
}

/** Reports whether the pods serve, and adapts the plan to the load if the spec says so, until the signal aborts. */
export async function served(
  work: Work,
  profile: IdentifiedProfile,
  adapt: Adapt,
  readMs: number,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([work.signal, stop.signal]);
  const tasks = [
    tellReadiness({ ...work, signal }, readMs),
    ...(work.spec.adapt ? [adapt(profile, work.engine, signal)] : []),
  ];
  try {
    await Promise.all(tasks);
  } finally {
    stop.abort();
    await Promise.allSettled(tasks);
  }
}

/**
 * Reports whether the pods serve, and which plan is applied, until the signal aborts. Once all pods serve, removes the pods that
 * hold other groups of stages than the plan wants. While the API server does not answer, Ready is unknown, and new plans go on
 * following the load.
 */
async function tellReadiness(work: Work, readMs: number): Promise<void> {
  const { spec, engine, status, onEvent, signal } = work;
  let haveEnded = false;
  let failed = false;
  while (!signal.aborted) {
    let serves = false;
    try {
      serves = await sayReadiness(work);
      failed = false;
    } catch (error) {
      const why = `The state of the pods cannot be read: ${messageOf(error)}`;
      if (!failed) onEvent(why);
      failed = true;
      // An API server that does not answer may not take the status either. The next reading writes the status.
      await status.say('Ready', { status: 'Unknown', reason: 'NotRead', message: why }).catch(() => {});
    }
    if (serves && !haveEnded) {
      haveEnded = true;
      try {
        const ended = await engine.removeEarlierPods(spec.adapt);
        if (ended.length > 0) onEvent(`the pods of ${ended.join(', ')} end, because those of the plan serve`);
      } catch (error) {
        // The Role may be that of an earlier version of the agent, which does not allow the removal.
        onEvent(`pods of earlier plans keep serving: ${messageOf(error)}`);
      }
    }
    // While all pods serve, changes are rare, so the API server is asked less often.
    await sleep(serves ? 5 * readMs : readMs, signal);
  }
}

/** Reports whether the pods serve, and which plan is applied. @returns whether all pods serve */
async function sayReadiness({ api, manifest, namespace, engine, status }: Work): Promise<boolean> {
  const current = await engine.plan();
  if (current) await sayPlanned(status, current);
  const { ready, wanted, waits } = (await readRollout({ api, pipeline: manifest.name, namespace })).rollout;
  const serves = wanted > 0 && ready === wanted && waits.length === 0;
  await status.say('Ready', {
    status: serves ? 'True' : 'False',
    reason: serves ? 'Serving' : 'PodsStarting',
    message: `${ready} of ${wanted} pods serve.${waits.length > 0 ? ` ${waits.join('; ')}` : ''}`,
  });
  return serves;
}

const sayPlanned = (status: StatusWriter, plan: Plan): Promise<void> =>
  status.say(
    'Planned',
    {
      status: 'True',
      reason: 'Applied',
      message: `${pasText(plan.predicted.pas)}, cost ${plan.predicted.cost.toFixed(2)}, within ${slaText(plan.slaMs)}. Whether the nodes have room, Ready tells.`,
    },
    { plan: choiceText(plan), plannedRatePerS: +plan.ratePerS.toPrecision(6) },
  );
