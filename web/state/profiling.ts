import { computed, effect, signal } from '@preact/signals';
import { z } from 'zod';
import { filesOf } from '../../models/manifests/edit.ts';
import type { Manifest } from '../../models/manifests/manifest.ts';
import { count, name, sha256 } from '../../solver/documents/common.ts';
import { type Cell, cellId } from '../../solver/documents/profile.ts';
import type { ProfileProgress } from '../../workers/profiler/types.ts';
import { measure } from '../engine/engine.ts';
import { attempt, models, refresh, store } from './app.ts';
import { hasPipeline, loadChosen, openWithPipeline } from './pipelines.ts';
import { type MeasureSettings, profileSettingsSchema, settings } from './settings.ts';

const interruptedSchema = z.strictObject({
  pipeline: name,
  files: z.array(sha256),
  settings: profileSettingsSchema,
  done: count,
  total: count,
});

/** A profile that was begun and not ended. Its finished cells are in the store's journal. */
export interface Interrupted {
  readonly pipeline: string;
  /** Sums of the pipeline's models and pack, by which its journal is found. */
  readonly files: readonly string[];
  readonly settings: MeasureSettings;
  readonly done: number;
  readonly total: number;
}

const KEY = 'ipa-edge/interrupted';

export const interrupted = signal<Interrupted | null>(recall());
export const running = signal<AbortController | null>(null);
/** What the running profile is of, whichever pipeline is chosen meanwhile. */
export const measuring = signal<Manifest | null>(null);
/** `asked`: it pauses when the cell in flight has ended. */
export const pause = signal<'off' | 'asked' | 'on'>('off');
export const progress = signal<ProfileProgress | null>(null);
/** What the running profile has measured so far. */
export const liveCells = signal<readonly Cell[]>([]);
/** Whether the page was out of sight while it measured. */
export const wasHidden = signal(false);

function recall(): Interrupted | null {
  try {
    return interruptedSchema.parse(JSON.parse(localStorage.getItem(KEY) ?? 'null'));
  } catch {
    // Nothing kept, or by another version: the journal is still found by the same settings.
    return null;
  }
}

effect(() => {
  try {
    if (interrupted.value) localStorage.setItem(KEY, JSON.stringify(interrupted.value));
    else localStorage.removeItem(KEY);
  } catch {
    // Where nothing may be kept, nothing is offered after a reload.
  }
});

document.addEventListener('visibilitychange', () => {
  if (document.hidden && running.value) wasHidden.value = true;
});

/** Measures with the settings shown. What an earlier call with the same ones has finished is kept. */
export async function startProfile(): Promise<void> {
  const controller = new AbortController();
  const chosen = settings.value;
  const loaded = models.value!;
  const begun = { pipeline: loaded.manifest.name, files: sumsOf(loaded.manifest), settings: chosen };
  measuring.value = loaded.manifest;
  running.value = controller;
  pause.value = 'off';
  progress.value = null;
  liveCells.value = [];
  wasHidden.value = document.hidden;
  const left = interrupted.value;
  if (left?.settings !== chosen || !isOf(left, loaded.manifest))
    interrupted.value = { ...begun, done: 0, total: 0 };
  await attempt(async () => {
    const cells = new LiveCells();
    try {
      const { sha256 } = await measure({
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
          if (now.phase === 'cells') interrupted.value = { ...begun, done: now.done, total: now.total };
        },
      });
      interrupted.value = null;
      await refresh();
      await openWithPipeline(sha256);
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    }
  });
  running.value = null;
  pause.value = 'off';
}

const sumsOf = (manifest: Manifest): string[] => filesOf(manifest).map((file) => file.sha256);

/** Whether an interrupted profile is of just this pipeline: one that was changed since is measured afresh. */
const isOf = ({ pipeline, files }: Interrupted, manifest: Manifest): boolean =>
  pipeline === manifest.name && sumsOf(manifest).join() === files.join();

/** The interrupted profile, where its pipeline is still here, and as it was where it is the chosen one. */
export const resumable = computed(() => {
  const left = interrupted.value;
  if (!left || !hasPipeline(left.pipeline)) return null;
  const chosen = models.value?.manifest;
  return chosen?.name === left.pipeline && !isOf(left, chosen) ? null : left;
});

/** Goes on with the profile that was interrupted, of its own pipeline and by its own settings. */
export async function resumeInterrupted(): Promise<void> {
  const left = interrupted.value!;
  settings.value = left.settings;
  if (models.value?.manifest.name !== left.pipeline) await attempt(() => loadChosen(left.pipeline));
  if (models.value && isOf(left, models.value.manifest)) await startProfile();
}

/** Ends a pause that holds the profiler. */
let release: () => void = () => {};

export function pauseProfile(): void {
  pause.value = 'asked';
}

export function resumeProfile(): void {
  pause.value = 'off';
  release();
}

/**
 * Calls pass through this thread while they are timed, so charts are drawn seldom, and when a cell ends: the next one's
 * warm-up takes the disturbance.
 */
const DRAW_EVERY_MS = 1000;

class LiveCells {
  readonly #cells = new Map<string, Cell>();
  #drawn = Number.NEGATIVE_INFINITY;

  take({ finished, recalled }: ProfileProgress): void {
    const cell = finished ?? recalled;
    if (!cell) return;
    this.#cells.set(cellId(cell), cell);
    // Recalled ones come in one go.
    if (finished && performance.now() - this.#drawn >= DRAW_EVERY_MS) this.draw();
  }

  draw(): void {
    this.#drawn = performance.now();
    liveCells.value = [...this.#cells.values()];
  }
}
