import type { LoadedManifest } from '../../../models/manifests/load.ts';
import { canonicalJson } from '../../../solver/documents/canonical.ts';
import { parseDocument } from '../../../solver/documents/document.ts';
import { InfeasiblePlanError } from '../../../solver/plan/errors.ts';
import { sleep } from '../../../workers/executor/clock.ts';
import { message } from '../../../workers/runtime/errors.ts';
import { BACK_OFF, type BackOff, pauseMs } from '../../cluster/back-off.ts';
import type { Listener } from '../../cluster/engine.ts';
import { kubernetesName } from '../../cluster/names.ts';
import type { KubernetesApi } from '../api.ts';
import { KubernetesEngine } from '../engine.ts';
import { follow } from '../follow.ts';
import type { KubernetesObject } from '../objects/types.ts';
import { podSettings, settingsOf } from '../settings.ts';
import { type ConditionType, RESOURCE, resourceSpec } from './schema.ts';
import { StatusWriter } from './status.ts';
import { type Adapt, planned, profiled, served, type Work } from './steps.ts';

export interface ReconcileOptions {
  readonly api: KubernetesApi;
  readonly models: LoadedManifest;
  readonly namespace: string;
  readonly adapt: Adapt;
  readonly backOff?: BackOff;
  /** Milliseconds between two readings of the pods' states. */
  readonly readMs?: number;
}

const READ_MS = 2000;

/**
 * Follows the InferencePipeline with the name of a pipeline until the signal aborts: profiles if there is no profile of these
 * models, plans, applies, adapts, and reports the progress in the object's status. A change of the object's spec starts these
 * steps again; the profile stays unless the spec asks for other measurements or nodes. If the object does not exist, nothing
 * changes: a plan that serves stays.
 */
export async function reconcile(options: ReconcileOptions, { onEvent, signal }: Listener): Promise<void> {
  const { api, namespace, models } = options;
  const name = kubernetesName(models.manifest.name);
  /** The uid and generation of the object that is followed: null until the first list is read, undefined if there is no object. */
  let generation: string | undefined | null = null;
  let stop = new AbortController();
  /** Ends the job that measures. */
  let drop = new AbortController();
  let measured: string | undefined;
  let ended = Promise.resolve();
  const unkept: Work['unkept'] = {};
  await follow(
    api,
    { ...RESOURCE, namespace, fields: `metadata.name=${name}` },
    {
      onChange([object]) {
        const key = object && `${object.metadata.uid}/${object.metadata.generation}`;
        if (key === generation) return;
        generation = key;
        if (!object)
          onEvent(`no ${RESOURCE.kind} ${name} in ${namespace}: what serves stays until there is one`);
        stop.abort();
        stop = new AbortController();
        const current = AbortSignal.any([stop.signal, signal]);
        const wanted = object && jobText(object);
        if (wanted !== measured) {
          drop.abort();
          drop = new AbortController();
        }
        measured = wanted;
        const measuring = AbortSignal.any([drop.signal, signal]);
        // The previous run ends first, so that no two runs apply plans. If its job measures what the new spec wants, too, the job
        // goes on, and the new spec is planned on its profile.
        ended = ended.then(() =>
          object ? run(options, unkept, object, { onEvent, signal: current }, measuring) : undefined,
        );
      },
      onEvent,
      signal,
    },
  );
  stop.abort();
  await ended;
}

/** The fields of a spec that determine what a job measures, where, and how its pod is made. */
const JOB_FIELDS = [
  ...['profile', 'nodeSelector', 'image', 'manifest', 'modelsClaim'],
  ...['pullSecrets', 'tolerations', 'priorityClass'],
];

const jobText = ({ spec }: KubernetesObject): string =>
  canonicalJson(JOB_FIELDS.map((field) => (spec as Readonly<Record<string, unknown>>)[field] ?? null));

/** The reason that the status gives for a condition if the condition's step fails. */
const FAILURES: Readonly<Record<ConditionType, string>> = {
  Profiled: 'ProfileFailed',
  Planned: 'NotApplied',
  Ready: 'NotFollowed',
};

/**
 * Profiles, plans, applies and adapts for one generation of the object until the signal aborts. Starts again after a failure.
 * @param measuring ends the job that measures; the listener's signal ends everything after it
 */
async function run(
  options: ReconcileOptions,
  unkept: Work['unkept'],
  object: KubernetesObject,
  listener: Listener,
  measuring: AbortSignal,
): Promise<void> {
  const { api, models, namespace, adapt, backOff = BACK_OFF, readMs = READ_MS } = options;
  const { signal, onEvent } = listener;
  const { name } = object.metadata;
  const status = new StatusWriter(api, object);
  let failed: string | undefined;
  for (let failures = 0; !signal.aborted; ) {
    let step: ConditionType = 'Profiled';
    try {
      const spec = parseDocument(resourceSpec, object.spec, `the spec of ${RESOURCE.kind} ${name}`);
      const engine = new KubernetesEngine(api, {
        ...{ pipeline: models.pipeline, namespace, owner: object },
        // A setting that the spec leaves out gets its default, even if an earlier spec or a command has set it.
        given: podSettings(models.manifest.name, namespace, settingsOf(spec)),
      });
      const work = { api, manifest: models.manifest, namespace, spec, engine, status, unkept, ...listener };
      const profile = await profiled({ ...work, signal: measuring }, failed);
      signal.throwIfAborted();
      step = 'Planned';
      await planned(work, profile);
      step = 'Ready';
      await served(work, profile, adapt, readMs);
      return;
    } catch (error) {
      if (signal.aborted) return;
      failed = message(error);
      const reason = error instanceof InfeasiblePlanError ? 'Infeasible' : FAILURES[step];
      onEvent(`${name} is not ${step.toLowerCase()}: ${failed}`);
      await status
        .say(step, { status: 'False', reason, message: failed })
        .catch((e) => onEvent(`the status cannot be written: ${message(e)}`));
      await sleep(pauseMs(backOff, ++failures), signal);
    }
  }
}
