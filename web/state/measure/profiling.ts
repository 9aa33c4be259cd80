import { computed, signal } from '@preact/signals';
import { z } from 'zod';
import type { LoadedManifest } from '../../../models/manifests/load.ts';
import { canonicalJson } from '../../../solver/documents/canonical.ts';
import { type Cell, cellId } from '../../../solver/documents/cell.ts';
import { count, name, sha256 } from '../../../solver/documents/common.ts';
import { type Manifest, measuredSha256 } from '../../../solver/documents/manifest.ts';
import { BackendUnavailableError } from '../../../workers/runtime/errors.ts';
import { budgetText } from '../../components/budget.ts';
import { measure } from '../../engine/engine.ts';
import { attempt, lastOpened, models, refreshTabs, store, told, whyUnsaved } from '../app.ts';
import { recheckAfter } from '../device/recheck.ts';
import { kept } from '../kept.ts';
import { hasPipeline, loadChosen, openMeasured } from '../pipelines/pipelines.ts';
import { planDraft } from '../plan/planning.ts';
import { asTheOnlyTab, type ProfileState, type TabWork } from '../tabs.ts';
import {
  askedSettings,
  type MeasureSettings,
  profileSettingsSchema,
  settings,
  usableSettings,
} from './settings.ts';

/** A profile that was started but not finished. */
const interruptedSchema = z.strictObject({
  /** Name of the store's journal, which contains what was measured. Empty where an earlier version of the page kept no name. */
  journal: z.string().default(''),
  pipeline: name,
  /** The {@link measuredSha256} of the pipeline's manifest. If the pipeline has changed since, the journal is useless. */
  measured: sha256,
  settings: profileSettingsSchema,
  done: count,
  total: count,
});

type InterruptedProfile = z.infer<typeof interruptedSchema>;

/** A profile that is being measured, with its manifest, because the user may choose another pipeline meanwhile. */
export interface RunningProfile {
  readonly manifest: Manifest;
  readonly settings: MeasureSettings;
  readonly controller: AbortController;
}

interface FinishedProfile {
  readonly pipeline: string;
  /** The number of cells that were measured. */
  readonly cells: number;
  /** What the budget left no time for; null if the time sufficed. */
  readonly leftOut: string | null;
  readonly tookMs: number;
}

/** The pipeline of an interrupted profile has changed, so its measurements are of other models. */
class ChangedPipelineError extends Error {
  override name = 'ChangedPipelineError';
  constructor(pipeline: string) {
    super(
      `${pipeline} has changed since its profile was interrupted, so the profile cannot go on. Press Start to measure ${pipeline} as it is now.`,
    );
  }
}

/** A backend has become unavailable since the page was opened. */
class BackendGoneError extends Error {
  override name = 'BackendGoneError';
  constructor(cause: BackendUnavailableError) {
    super(`${cause.message} The settings now leave this backend out. Press Start to measure the others.`, {
      cause,
    });
  }
}

/** The interrupted profiles, the one that was measured last at the end. */
export const interrupted = kept<readonly InterruptedProfile[]>({
  name: 'interrupted',
  // Earlier versions of the page kept one profile, outside a list.
  schema: z.preprocess((stored) => [stored].flat(), z.array(interruptedSchema)),
  initial: [],
  shared: true,
});
const without = (journal: string) => interrupted.value.filter((one) => one.journal !== journal);
export const running = signal<RunningProfile | null>(null);
/** Progress of the running profile or, if none is running, of the last one. */
export const profileState = signal<ProfileState>({ progress: null, pause: 'off', provisional: null });
const tell = (part: Partial<ProfileState>): void => {
  profileState.value = { ...profileState.peek(), ...part };
};
/** The finished cells, as drawn last, of the running profile or, if none is running, of the last one. */
export const liveCells = signal<readonly Cell[]>([]);
/** The profile that was measured last, until the user closes its message or starts another profile. */
export const finished = signal<FinishedProfile | null>(null);
/** Whether the page was hidden at any time while it measured. */
export const wasHidden = signal(false);

const hidden = signal(document.hidden);
document.addEventListener('visibilitychange', () => {
  hidden.value = document.hidden;
  if (document.hidden && running.value) wasHidden.value = true;
});

/** The work that this tab reports to other tabs while it measures. */
const tabWork = computed<TabWork>(() => ({
  pipeline: running.value?.manifest.name ?? '',
  profile: profileState.value,
  hidden: hidden.value,
}));

/**
 * Measures with the settings in the form. Reuses the finished cells of an interrupted profile of the same pipeline with the same
 * settings.
 */
export async function startProfile(): Promise<void> {
  // The user may press Resume twice, or press Start while Resume still loads its pipeline.
  if (running.value) return;
  const controller = new AbortController();
  const loaded = models.value!;
  const run = { manifest: loaded.manifest, settings: settings.value, controller };
  running.value = run;
  tell({ progress: null, pause: 'off', provisional: null });
  liveCells.value = [];
  finished.value = null;
  wasHidden.value = document.hidden;
  await attempt(() => asTheOnlyTab(tabWork, controller, () => profileOf(run, loaded)));
  running.value = null;
  tell({ pause: 'off', ...(finished.peek() && { progress: null }) });
}

async function profileOf(run: RunningProfile, loaded: LoadedManifest): Promise<void> {
  const { manifest, settings: chosen, controller } = run;
  const begun = { pipeline: manifest.name, measured: measuredSha256(manifest), settings: chosen };
  const startMs = performance.now();
  let left = { ...begun, journal: '', done: 0, total: 0 };
  const keep = (part: Partial<InterruptedProfile>): void => {
    left = { ...left, ...part };
    interrupted.value = [...without(left.journal), left];
  };
  const cells = new LiveCells();
  try {
    const measured = await measure({
      models: loaded,
      store: store.value!,
      settings: chosen,
      signal: controller.signal,
      unpaused() {
        if (profileState.value.pause === 'off') return Promise.resolve();
        tell({ pause: 'on' });
        cells.draw();
        return new Promise((resolve) => {
          release = resolve;
        });
      },
      async onJournal(journal) {
        for (const one of interrupted.value) {
          const isOlder = one.journal !== journal && isSameProfile(one, begun);
          if (isOlder && one.journal !== '') told.value = MEASURED_ANEW;
          if (isOlder || cannotGoOn(one, manifest)) await deleteInterrupted(one);
        }
        const { done, total } = interrupted.value.find((one) => one.journal === journal) ?? left;
        keep({ journal, done, total });
      },
      onProgress({ finished: cell, recalled, ...progress }) {
        tell({ progress });
        cells.take(cell, recalled);
        const { phase, done, total } = progress;
        // The profiler counts the finished cells of the journal again from 0. The stored number must not fall meanwhile.
        if (phase === 'cells') keep({ done: Math.max(left.done, done), total });
      },
      async onDraft(draft) {
        const provisional = await planDraft(draft);
        if (!controller.signal.aborted) tell({ provisional });
      },
    });
    interrupted.value = without(left.journal);
    await refreshTabs();
    await openMeasured(measured);
    lastOpened.value = measured.sha256;
    const { pipeline, cells: all } = measured.profile;
    finished.value = {
      pipeline,
      cells: all.filter(({ state }) => state === 'measured').length,
      leftOut: budgetText(measured.profile),
      tookMs: performance.now() - startMs,
    };
  } catch (error) {
    if (controller.signal.aborted) return;
    await recheckAfter(error);
    throw error instanceof BackendUnavailableError ? new BackendGoneError(error) : error;
  }
}

/** Whether an interrupted profile is of exactly this pipeline, unchanged. */
const isOf = ({ pipeline, measured }: InterruptedProfile, manifest: Manifest): boolean =>
  pipeline === manifest.name && measuredSha256(manifest) === measured;

/**
 * Whether two profiles have the same pipeline and settings but for the budget. If their journals differ nevertheless, the journals
 * are of other versions of the page or the browser, or of another device.
 */
const isSameProfile = (...both: [Begun, Begun]): boolean => {
  const [a, b] = both.map(({ pipeline, measured, settings: { budgetS: _, ...same } }) =>
    canonicalJson({ pipeline, measured, same }),
  );
  return a === b;
};
type Begun = Pick<InterruptedProfile, 'pipeline' | 'measured' | 'settings'>;

const MEASURED_ANEW =
  'The page, the browser or the device has changed since the profile was stopped, so the pipeline is measured from the start.';

/** Whether no profile of a pipeline, as it is now, can continue an interrupted one: its pipeline was deleted or has changed. */
const cannotGoOn = (left: InterruptedProfile, manifest: Manifest): boolean =>
  !hasPipeline(left.pipeline) || (left.pipeline === manifest.name && !isOf(left, manifest));

/** Deletes what was measured of an interrupted profile. */
export async function deleteInterrupted({ journal }: InterruptedProfile): Promise<void> {
  await store.value!.deleteJournal(journal);
  interrupted.value = without(journal);
}

/**
 * The interrupted profile that was measured last, of those whose pipeline this browser has, and with whose settings this browser
 * can measure; undefined if there is none. Only the chosen pipeline can be checked here for changes since: `resumeInterrupted`
 * checks any other one.
 */
export const resumable = computed(() => {
  // Without a store, the journal lasts only until the page is closed, so after a reload there is nothing to continue.
  if (whyUnsaved.value !== null && liveCells.value.length === 0) return undefined;
  const chosen = models.value?.manifest;
  return interrupted.value.findLast(
    (left) =>
      hasPipeline(left.pipeline) &&
      usableSettings(left.settings) === left.settings &&
      !(chosen && cannotGoOn(left, chosen)),
  );
});

/** Continues an interrupted profile with its own pipeline and settings. */
export async function resumeInterrupted(left: InterruptedProfile): Promise<void> {
  askedSettings.value = left.settings;
  await attempt(async () => {
    if (models.value?.manifest.name !== left.pipeline) await loadChosen(left.pipeline);
    const { manifest } = models.value!;
    // The user may have chosen another pipeline while this one was loaded.
    if (manifest.name !== left.pipeline) return;
    if (!isOf(left, manifest)) throw new ChangedPipelineError(left.pipeline);
    await startProfile();
  });
}

/** Ends the profiler's pause. */
let release: () => void = () => {};

export function pauseProfile(): void {
  tell({ pause: 'asked' });
}

export function resumeProfile(): void {
  tell({ pause: 'off' });
  release();
}

/**
 * At least this many milliseconds pass between two drawings of the charts, except before a pause. Drawing disturbs the page's
 * thread, which also forwards the calls that the profiler times. The charts are therefore drawn only when a cell has ended or
 * the profile pauses: the warm-up of the next cell absorbs the disturbance.
 */
const DRAW_EVERY_MS = 1000;

class LiveCells {
  readonly #cells = new Map<string, Cell>();
  #drawn = Number.NEGATIVE_INFINITY;

  take(finished: Cell | undefined, recalled: Cell | undefined): void {
    const cell = finished ?? recalled;
    if (!cell) return;
    this.#cells.set(cellId(cell), cell);
    // Cells from the journal come all at once, so drawing waits for the first cell that is measured now.
    if (finished && performance.now() - this.#drawn >= DRAW_EVERY_MS) this.draw();
  }

  draw(): void {
    this.#drawn = performance.now();
    liveCells.value = [...this.#cells.values()];
  }
}
