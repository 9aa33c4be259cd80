import { computed, signal } from '@preact/signals';
import type { Manifest } from '../../models/manifests/manifest.ts';
import { onGpu } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { RunReport } from '../../solver/documents/report.ts';
import type { RunProgress } from '../../workers/executor/run-options.ts';
import { message } from '../../workers/runtime/errors.ts';
import { runPlan } from '../engine/run-plan.ts';
import { models, opened } from './app.ts';
import { LiveRun, type LiveView } from './live-run.ts';
import { load, tryout } from './load.ts';
import { plan, question } from './planning.ts';

/** A run that goes on. */
export interface Trying {
  readonly plan: Plan;
  /** Of the pipeline that it runs, whichever is chosen meanwhile. */
  readonly manifest: Manifest;
  readonly controller: AbortController;
  readonly live: LiveRun;
  readonly durationS: number;
}

export const trying = signal<Trying | null>(null);
/** What is shown of the run; null: its workers start. */
export const view = signal<LiveView | null>(null);
export const progress = signal<RunProgress | null>(null);
/** The last run that was ended or stopped. */
export const tried = signal<RunReport | null>(null);
/** Why the last run could not go on. */
export const failure = signal<string | null>(null);
/** Whether the page was out of sight while it ran. */
export const wasHidden = signal(false);

/** Charts pass through the thread that serves: seldom enough to cost it under a hundredth of its time. */
const VIEW_MS = 500;

const BACKENDS = ['webgpu', 'wasm'] as const;

/** Why the plan cannot run here; null: it can, as far as can be told. */
export const obstacle = computed<string | null>(() => {
  const [made, loaded] = [plan.value, models.value];
  if (!made) return null;
  if (!loaded) return 'The models have not been read yet.';
  const elsewhere = made.stages.find(({ backend }) => !BACKENDS.some((one) => one === backend));
  if (elsewhere)
    return `Stage ${elsewhere.name} is planned on ${elsewhere.backend}, which a browser does not have. Run the plan with ipa-edge run.`;
  if (made.stages.some(({ backend }) => onGpu(backend)) && !navigator.gpu)
    return 'The plan needs WebGPU, which this browser does not have. Plan with wasm alone.';
  const lacking = made.stages.find(
    ({ name, sha256 }) =>
      !loaded.manifest.stages.some(
        (stage) => stage.name === name && stage.variants.some((variant) => variant.sha256 === sha256),
      ),
  );
  return lacking
    ? `The model ${lacking.name}/${lacking.variant} that was profiled is not in the pipeline ${loaded.manifest.name}. Choose the plan's pipeline under Measure, or measure this one and plan with that profile.`
    : null;
});

/** Runs the plan under the load, and keeps what comes out. */
export async function tryPlan(): Promise<void> {
  const [made, source, loaded, arriving] = [plan.value!, opened.value!, models.value!, load.value];
  if (!arriving || arriving instanceof Error) return;
  const { seed, adapt, intervalS } = tryout.value;
  const backends = question.value.backends ?? [...new Set(source.profile.cells.map((cell) => cell.backend))];
  const controller = new AbortController();
  const live = new LiveRun(made.slaMs);
  trying.value = { plan: made, manifest: loaded.manifest, controller, live, durationS: arriving.durationS };
  tried.value = view.value = progress.value = failure.value = null;
  wasHidden.value = document.hidden;
  const timer = setInterval(() => {
    view.value = live.view();
  }, VIEW_MS);
  try {
    const report = await runPlan({
      plan: made,
      profile: source,
      backends,
      models: loaded,
      load: arriving,
      seed,
      intervalS: adapt ? intervalS : null,
      signal: controller.signal,
      watch: live,
      onProgress: (now) => {
        progress.value = now;
      },
    });
    // Stopped before anything was sent, it says nothing.
    if (report.load.requests > 0) tried.value = report;
  } catch (error) {
    failure.value = message(error);
  }
  clearInterval(timer);
  trying.value = null;
}

/** Ends a run early: what was sent is kept. */
export function stop(run: Trying): void {
  run.controller.abort();
  trying.value = { ...run };
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden && trying.value) wasHidden.value = true;
});
