import { computed, signal } from '@preact/signals';
import type { Pipeline } from '../../../models/manifests/pipeline.ts';
import { onGpu } from '../../../solver/documents/common.ts';
import { modelsOf } from '../../../solver/documents/manifest.ts';
import { type Plan, stageNameOf } from '../../../solver/documents/plan.ts';
import { backendsOf } from '../../../solver/documents/profile.ts';
import type { RunReport } from '../../../solver/documents/run-report.ts';
import { message } from '../../../workers/runtime/errors.ts';
import { runPlan } from '../../engine/run-plan.ts';
import { models, opened, profile } from '../app.ts';
import { recheckAfter } from '../device/recheck.ts';
import { BACKENDS, whyNotMeasurable } from '../measure/settings.ts';
import { howToChoose } from '../pipelines/pipelines.ts';
import { plan } from '../plan/planning.ts';
import { planSettings } from '../plan/settings.ts';
import { asTheOnlyTab } from '../tabs.ts';
import { drawRepeatedly } from './drawing.ts';
import { LiveRun, type LiveView } from './live-run.ts';
import { load, trySettings } from './load.ts';

/** A run in progress. */
export interface Trying {
  readonly plan: Plan;
  /** The pipeline of the run. The user may choose another pipeline meanwhile. */
  readonly pipeline: Pipeline;
  readonly controller: AbortController;
  readonly live: LiveRun;
  readonly durationS: number;
}

export const trying = signal<Trying | null>(null);
/** The latest summary of the run; null while the workers of the run start. */
export const view = signal<LiveView | null>(null);
/** The report of the last run that finished or was stopped. */
export const tried = signal<RunReport | null>(null);
/** Why the last run failed. */
export const failure = signal<string | null>(null);
/** Whether the page was hidden at any time during the run. */
export const wasHidden = signal(false);

/** Why the plan cannot run in this browser; null if nothing is known to prevent it. */
export const obstacle = computed<string | null>(() => {
  const [made, loaded] = [plan.value, models.value];
  if (!made) return null;
  if (!loaded) return 'The models are not loaded yet.';
  const elsewhere = made.stages.find(({ backend }) => !BACKENDS.some((one) => one === backend));
  if (elsewhere)
    return `The plan runs stage ${stageNameOf(elsewhere)} on ${elsewhere.backend}, which no browser has. Save the plan and run it with the command ipa-edge run.`;
  const noWebGpu = whyNotMeasurable('webgpu');
  if (noWebGpu !== null && made.stages.some(({ backend }) => onGpu(backend)))
    return `The plan needs webgpu, and ${noWebGpu}. ${
      profile.value?.cells.some(({ backend }) => backend === 'wasm')
        ? 'Untick webgpu under Plan.'
        : 'Measure this device, and plan with its profile.'
    }`;
  const here = modelsOf(loaded.manifest);
  const missing = made.stages.find(
    (row) =>
      !here.some(
        ({ name, variants }) =>
          name === stageNameOf(row) && variants.some(({ sha256 }) => sha256 === row.sha256),
      ),
  );
  if (!missing) return null;
  const remedy =
    made.pipeline === loaded.manifest.name
      ? 'The pipeline has changed since: measure again, and plan with the new profile.'
      : `${howToChoose(made.pipeline)}, or measure ${loaded.manifest.name} and plan with the new profile.`;
  return `The model ${stageNameOf(missing)}/${missing.variant} that was profiled is not in the pipeline ${loaded.manifest.name}. ${remedy}`;
});

/** Why the plan cannot run under a load; null if nothing is known to prevent it. A run needs the plan's pipeline, with its pack. */
export const runObstacle = computed<string | null>(() => {
  if (obstacle.value !== null) return obstacle.value;
  const [of, here] = [plan.value?.pipeline, models.value?.manifest.name];
  return of === here
    ? null
    : `The plan is of the pipeline ${of}, and ${here} is chosen. ${howToChoose(of!)}, or measure ${here} and plan with the new profile.`;
});

/** Runs the plan under the load and keeps the report. */
export async function tryPlan(): Promise<void> {
  const [made, source, loaded, arriving] = [plan.value!, opened.value!, models.value!, load.value];
  if (!arriving || arriving instanceof Error) return;
  const { seed, adapt, intervalS } = trySettings.value;
  const backends = planSettings.value.backends ?? backendsOf(source.profile);
  const controller = new AbortController();
  const live = new LiveRun(made.slaMs);
  trying.value = { plan: made, pipeline: loaded.pipeline, controller, live, durationS: arriving.durationS };
  view.value = failure.value = null;
  wasHidden.value = document.hidden;
  drawRepeatedly(() => {
    if (trying.value?.live !== live) return false;
    view.value = live.view();
    return true;
  });
  const work = signal({ pipeline: made.pipeline, profile: null, hidden: false });
  try {
    await asTheOnlyTab(work, controller, async () => {
      tried.value = await runPlan({
        plan: made,
        profile: source,
        backends,
        models: loaded,
        load: arriving,
        seed,
        intervalS: adapt ? intervalS : null,
        signal: controller.signal,
        watch: live,
        onProgress: ({ timeLeftMs }) => {
          live.timeLeftMs = timeLeftMs;
        },
      });
    });
  } catch (error) {
    await recheckAfter(error);
    // A run that is stopped before its first request has no report.
    if (error !== controller.signal.reason) failure.value = message(error);
  }
  trying.value = null;
}

/** Stops a run. Its report covers the requests sent until then. */
export function stop(run: Trying): void {
  run.controller.abort();
  trying.value = { ...run };
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden && trying.value) wasHidden.value = true;
});
