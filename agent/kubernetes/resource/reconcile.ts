import type { LoadedManifest } from '../../../models/manifests/load.ts';
import { parseDocument } from '../../../solver/documents/document.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import { InfeasiblePlanError } from '../../../solver/plan/errors.ts';
import { planRequest } from '../../../solver/plan/request.ts';
import { sleep } from '../../../workers/executor/clock.ts';
import { Planner } from '../../../workers/planner/planner.ts';
import { message } from '../../../workers/runtime/errors.ts';
import { BACK_OFF, type BackOff, pauseMs } from '../../cluster/back-off.ts';
import type { Listener } from '../../cluster/engine.ts';
import { choiceText } from '../../cluster/watch/plan-change-text.ts';
import type { KubernetesApi } from '../api.ts';
import { KubernetesEngine } from '../engine.ts';
import { FieldsManagedError } from '../errors.ts';
import { follow } from '../follow.ts';
import { kubernetesName } from '../objects/names.ts';
import type { KubernetesObject } from '../objects/types.ts';
import { readRollout } from '../rollout.ts';
import { claimSettings, type GivenSettings, imageSettings } from '../settings.ts';
import { keepProfile, keptProfile } from './kept-profile.ts';
import { type ConditionType, RESOURCE, type ResourceSpec, resourceSpec } from './schema.ts';
import { StatusWriter } from './status.ts';

export interface ReconcileOptions {
  readonly api: KubernetesApi;
  readonly models: LoadedManifest;
  readonly namespace: string;
  /** Adapts the applied plan to the load until the signal aborts. */
  readonly adapt: (
    profile: IdentifiedProfile,
    engine: KubernetesEngine,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly backOff?: BackOff;
  /** Milliseconds between two readings of how far the pods are. */
  readonly readMs?: number;
}

const READ_MS = 2000;

/**
 * Follows the InferencePipeline with the name of a pipeline until the signal aborts: profiles if there is no profile of these
 * models, plans, applies, adapts, and tells in the object's status how far that is. A change of the object's spec begins anew, with
 * the profile kept. Without the object nothing changes: what serves stays.
 */
export async function reconcile(options: ReconcileOptions, { onEvent, signal }: Listener): Promise<void> {
  const { api, namespace, models } = options;
  let generation: unknown;
  let stop = new AbortController();
  let ended = Promise.resolve();
  await follow(
    api,
    { ...RESOURCE, namespace, fields: `metadata.name=${kubernetesName(models.manifest.name)}` },
    {
      onChange([object]) {
        const key = object && `${object.metadata.uid}/${object.metadata.generation}`;
        if (key === generation) return;
        generation = key;
        stop.abort();
        stop = new AbortController();
        const current = AbortSignal.any([stop.signal, signal]);
        // The run before ends first, so that no two apply plans.
        ended = ended.then(() => (object ? run(options, object, { onEvent, signal: current }) : undefined));
      },
      onEvent,
      signal,
    },
  );
  stop.abort();
  await ended;
}

/** Works on one generation of the object until the signal aborts, and tries again where something fails. */
async function run(options: ReconcileOptions, object: KubernetesObject, listener: Listener): Promise<void> {
  const { signal, onEvent } = listener;
  const { backOff = BACK_OFF } = options;
  const status = new StatusWriter(options.api, object);
  let failed: string | undefined;
  for (let failures = 0; !signal.aborted; ) {
    const at: { step: ConditionType } = { step: 'Profiled' };
    try {
      await once(options, object, status, at, listener, failed);
      return;
    } catch (error) {
      if (signal.aborted) return;
      const said = { status: 'False', reason: reasonOf(at.step, error), message: message(error) } as const;
      failed = said.message;
      onEvent(`${object.metadata.name} is not ${at.step.toLowerCase()}: ${said.message}`);
      await status.say(at.step, said).catch((e) => onEvent(`the status cannot be written: ${message(e)}`));
      await sleep(pauseMs(backOff, ++failures), signal);
    }
  }
}

function reasonOf(step: ConditionType, error: unknown): string {
  if (error instanceof InfeasiblePlanError) return 'Infeasible';
  const REASONS = { Profiled: 'ProfileFailed', Planned: 'NotApplied', Ready: 'NotFollowed' };
  return REASONS[step];
}

/** @param at gets the step that is tried @param failed why the try before failed, which the status goes on to say while a job runs */
async function once(
  options: ReconcileOptions,
  object: KubernetesObject,
  status: StatusWriter,
  at: { step: ConditionType },
  listener: Listener,
  failed?: string,
): Promise<void> {
  const { api, models, namespace, adapt } = options;
  const { name } = object.metadata;
  const spec = parseDocument(resourceSpec, object.spec, `the spec of ${RESOURCE.kind} ${name}`);
  const { pipeline, manifest } = models;
  const engine = new KubernetesEngine(api, { pipeline, namespace, given: settingsOf(spec) });

  let profile = await keptProfile(api, manifest, namespace);
  if (!profile) {
    const before = failed === undefined ? '' : ` The try before failed: ${failed}`;
    const message = `A job measures the models.${before}`;
    await status.say('Profiled', { status: 'False', reason: 'Profiling', message });
    const { backends, threads, batches, budgetS } = spec.profile;
    profile = await engine.profile({ backends, threads, batches, budgetS, seed: 1 }, listener);
    await keepProfile(api, profile, namespace);
  }
  const { sha256 } = profile;
  const measured = {
    status: 'True',
    reason: 'Measured',
    message: `Measured at ${profile.profile.createdAt}.`,
  } as const;
  await status.say('Profiled', measured, { profileSha256: sha256 });

  at.step = 'Planned';
  const { current } = await engine.plans();
  const plan = current && answers(current, spec, profile) ? current : await planFor(spec, profile);
  await applyBesideOthers(engine, plan, listener);
  await sayPlanned(status, plan);

  at.step = 'Ready';
  const stop = new AbortController();
  const signal = AbortSignal.any([listener.signal, stop.signal]);
  const works = [
    tellReadiness(options, engine, status, signal),
    ...(spec.adapt ? [adapt(profile, engine, signal)] : []),
  ];
  try {
    await Promise.all(works);
  } finally {
    stop.abort();
    await Promise.allSettled(works);
  }
}

/** Applies a plan. Fields that other tools manage, e.g. an autoscaler, stay as these set them. */
async function applyBesideOthers(engine: KubernetesEngine, plan: Plan, { onEvent }: Listener): Promise<void> {
  try {
    await engine.apply(plan, { onEvent });
  } catch (error) {
    if (!(error instanceof FieldsManagedError)) throw error;
    const changes = await engine.adapt(plan);
    onEvent(`left as other tools set it: ${changes.flatMap(({ stay = [] }) => stay).join('; ')}`);
  }
}

/** Tells whether the pods serve, and the plan that is applied, until the signal aborts. */
async function tellReadiness(
  { api, models, namespace, readMs = READ_MS }: ReconcileOptions,
  engine: KubernetesEngine,
  status: StatusWriter,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { current } = await engine.plans();
    if (current) await sayPlanned(status, current);
    const { ready, wanted, waits } = (await readRollout(api, models.manifest.name, namespace)).rollout;
    const serves = wanted > 0 && ready === wanted && waits.length === 0;
    const pods = `${ready} of ${wanted} pods serve.`;
    await status.say('Ready', {
      status: serves ? 'True' : 'False',
      reason: serves ? 'Serving' : 'PodsStarting',
      message: [pods, ...waits].join(' '),
    });
    await sleep(readMs, signal);
  }
}

const sayPlanned = (status: StatusWriter, plan: Plan): Promise<void> =>
  status.say(
    'Planned',
    {
      status: 'True',
      reason: 'Applied',
      message: `PAS ${plan.predicted.pas.toFixed(3)}, cost ${plan.predicted.cost.toFixed(2)}, within ${plan.slaMs} ms.`,
    },
    { plan: choiceText(plan), plannedRatePerS: +plan.ratePerS.toPrecision(3) },
  );

/** Whether a plan is one that the spec asks for. Where plans follow the load, the rate is the load's. */
function answers(plan: Plan, spec: ResourceSpec, { profile, sha256 }: IdentifiedProfile): boolean {
  const cores = spec.cores ?? profile.device.logicalCores;
  return (
    plan.profile.sha256 === sha256 &&
    plan.slaMs === spec.slaMs &&
    plan.percentile === spec.percentile &&
    plan.resources.cores === cores &&
    (spec.adapt || plan.ratePerS === spec.ratePerS)
  );
}

/** @throws InfeasiblePlanError, NothingMeasuredError */
async function planFor(spec: ResourceSpec, profile: IdentifiedProfile): Promise<Plan> {
  const { slaMs, ratePerS, percentile, cores } = spec;
  const request = planRequest(profile.profile, {
    ...{ slaMs, ratePerS, percentile },
    ...(cores !== undefined && { resources: { cores } }),
    // A later plan with another cascade might need deployments that do not exist.
    cascades: false,
  });
  return (await Planner.open(profile)).plan({ ...request, apart: true });
}

const settingsOf = ({ image, manifest, modelsClaim, nodeSelector }: ResourceSpec): GivenSettings => ({
  ...(image !== undefined && { image }),
  ...(manifest !== undefined && imageSettings(manifest)),
  ...(modelsClaim !== undefined && claimSettings(modelsClaim)),
  ...(nodeSelector !== undefined && { nodeSelector }),
});
