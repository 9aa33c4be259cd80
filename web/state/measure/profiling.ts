import { computed, effect, signal } from '@preact/signals';
import { z } from 'zod';
import { filesOf } from '../../../models/manifests/edit.ts';
import { type Cell, cellId } from '../../../solver/documents/cell.ts';
import { count, name, sha256 } from '../../../solver/documents/common.ts';
import type { Manifest } from '../../../solver/documents/manifest.ts';
import type { SolvedPlan } from '../../../workers/planner/planner.ts';
import type { ProfileProgress } from '../../../workers/profiler/types.ts';
import { BackendUnavailableError } from '../../../workers/runtime/errors.ts';
import { measure } from '../../engine/engine.ts';
import { attempt, checked, models, refresh, store } from '../app.ts';
import { preflight } from '../device/preflight.ts';
import { hasPipeline, loadChosen, openMeasured } from '../pipelines/pipelines.ts';
import { planDraft } from '../plan/planning.ts';
import {
  askedSettings,
  type MeasureSettings,
  profileSettingsSchema,
  settings,
  usableSettings,
} from './settings.ts';

/** A profile that was started but not finished. The store's journal contains its finished cells. */
const interruptedSchema = z.strictObject({
  pipeline: name,
  /** SHA-256 of the pipeline's models and pack. The journal is useless if these files have changed. */
  files: z.array(sha256),
  settings: profileSettingsSchema,
  done: count,
  total: count,
});

type InterruptedProfile = z.infer<typeof interruptedSchema>;

/** A profile that is being measured. The user may choose another pipeline meanwhile. */
export interface RunningProfile {
  readonly manifest: Manifest;
  readonly settings: MeasureSettings;
  readonly controller: AbortController;
}

export interface FinishedProfile {
  readonly pipeline: string;
  /** Cells that were measured. */
  readonly cells: number;
  readonly tookMs: number;
}

/** A backend has become unavailable since the page was opened. */
class BackendGoneError extends Error {
  override name = 'BackendGoneError';
  constructor(cause: BackendUnavailableError) {
    super(`${cause.message} The settings leave it out now. Press Start to measure what is left.`, { cause });
  }
}

const KEY = 'ipa-edge/interrupted';

export const interrupted = signal<InterruptedProfile | null>(recall());
export const running = signal<RunningProfile | null>(null);
/** `asked`: the profiler pauses when the current cell is finished. */
export const pause = signal<'off' | 'asked' | 'on'>('off');
export const progress = signal<ProfileProgress | null>(null);
/** Cells that the running profile has measured so far. */
export const liveCells = signal<readonly Cell[]>([]);
/** The plan that the running profile's measurements give so far; null while they give none. */
export const provisional = signal<SolvedPlan | null>(null);
/** The profile that was measured last, until the user has taken note or starts another one. */
export const finished = signal<FinishedProfile | null>(null);
/** Whether the page was hidden at any time while it measured. */
export const wasHidden = signal(false);

function recall(): InterruptedProfile | null {
  try {
    return interruptedSchema.parse(JSON.parse(localStorage.getItem(KEY) ?? 'null'));
  } catch {
    // Nothing was saved, or another version of the page saved it. Starting with the same settings still uses the journal.
    return null;
  }
}

effect(() => {
  try {
    if (interrupted.value) localStorage.setItem(KEY, JSON.stringify(interrupted.value));
    else localStorage.removeItem(KEY);
  } catch {
    // Without localStorage, the page offers no Resume after a reload.
  }
});

document.addEventListener('visibilitychange', () => {
  if (document.hidden && running.value) wasHidden.value = true;
});

/** Measures with the settings in the form. Finished cells of an interrupted profile with the same settings are kept. */
export async function startProfile(): Promise<void> {
  const controller = new AbortController();
  const chosen = settings.value;
  const loaded = models.value!;
  const { manifest } = loaded;
  const begun = { pipeline: manifest.name, files: sumsOf(manifest), settings: chosen };
  running.value = { manifest, settings: chosen, controller };
  pause.value = 'off';
  progress.value = null;
  liveCells.value = [];
  provisional.value = finished.value = null;
  const startMs = performance.now();
  wasHidden.value = document.hidden;
  const left = interrupted.value;
  const goesOn = left && sameSettings(left.settings, chosen) && isOf(left, manifest);
  if (!goesOn) interrupted.value = { ...begun, done: 0, total: 0 };
  // The cells of an interrupted profile are counted again as they are read, which must not look like a loss.
  const kept = goesOn ? left.done : 0;
  await attempt(async () => {
    const cells = new LiveCells();
    try {
      const measured = await measure({
        models: loaded,
        store: store.value!,
        settings: chosen,
        signal: controller.signal,
        unpaused() {
          if (pause.value === 'off') return Promise.resolve();
          pause.value = 'on';
          cells.draw();
          return new Promise((resolve) => {
            release = resolve;
          });
        },
        onProgress(now) {
          progress.value = now;
          cells.take(now);
          if (now.phase === 'cells')
            interrupted.value = { ...begun, done: Math.max(kept, now.done), total: now.total };
        },
        async onDraft(draft) {
          provisional.value = await planDraft(draft);
        },
      });
      interrupted.value = null;
      await refresh();
      await openMeasured(measured);
      const { pipeline, cells: all } = measured.profile;
      finished.value = {
        pipeline,
        cells: all.filter(({ state }) => state === 'measured').length,
        tookMs: performance.now() - startMs,
      };
    } catch (error) {
      if (controller.signal.aborted) return;
      if (!(error instanceof BackendUnavailableError)) throw error;
      checked.value = await preflight();
      throw new BackendGoneError(error);
    }
  });
  running.value = null;
  pause.value = 'off';
}

const sumsOf = (manifest: Manifest): string[] => filesOf(manifest).map((file) => file.sha256);

const sameSettings = (a: MeasureSettings, b: MeasureSettings): boolean =>
  JSON.stringify(profileSettingsSchema.parse(a)) === JSON.stringify(profileSettingsSchema.parse(b));

/** Whether an interrupted profile is of exactly this pipeline, with the same files. */
const isOf = ({ pipeline, files }: InterruptedProfile, manifest: Manifest): boolean =>
  pipeline === manifest.name && sumsOf(manifest).join() === files.join();

/**
 * The interrupted profile if it can be continued: this browser has its pipeline with the same files, and can measure with its
 * settings.
 */
export const resumable = computed(() => {
  const left = interrupted.value;
  if (!left || !hasPipeline(left.pipeline) || usableSettings(left.settings) !== left.settings) return null;
  const chosen = models.value?.manifest;
  return chosen?.name === left.pipeline && !isOf(left, chosen) ? null : left;
});

/** Continues the interrupted profile with its own pipeline and settings. */
export async function resumeInterrupted(): Promise<void> {
  const left = interrupted.value!;
  askedSettings.value = left.settings;
  if (models.value?.manifest.name !== left.pipeline) await attempt(() => loadChosen(left.pipeline));
  if (models.value && isOf(left, models.value.manifest)) await startProfile();
}

/** Ends the profiler's pause. */
let release: () => void = () => {};

export function pauseProfile(): void {
  pause.value = 'asked';
}

export function resumeProfile(): void {
  pause.value = 'off';
  release();
}

/**
 * Most frequent redrawing of the charts. Drawing disturbs the thread that passes on the timed calls, so charts are also drawn
 * only when a cell has ended: the next cell's warm-up absorbs the disturbance.
 */
const DRAW_EVERY_MS = 1000;

class LiveCells {
  readonly #cells = new Map<string, Cell>();
  #drawn = Number.NEGATIVE_INFINITY;

  take({ finished, recalled }: ProfileProgress): void {
    const cell = finished ?? recalled;
    if (!cell) return;
    this.#cells.set(cellId(cell), cell);
    // Cells from the journal come all at once, so drawing waits for the first measured one.
    if (finished && performance.now() - this.#drawn >= DRAW_EVERY_MS) this.draw();
  }

  draw(): void {
    this.#drawn = performance.now();
    liveCells.value = [...this.#cells.values()];
  }
}
