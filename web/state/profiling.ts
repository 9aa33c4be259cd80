import { effect, signal } from '@preact/signals';
import { z } from 'zod';
import { backend, count, positiveCount } from '../../solver/documents/common.ts';
import { type Cell, cellId } from '../../solver/documents/profile.ts';
import type { ProfileProgress, ProfileSettings } from '../../workers/profiler/types.ts';
import { profileId } from '../../workers/store/exchange.ts';
import { measure } from '../engine.ts';
import { attempt, models, open, refresh, store } from './app.ts';

const settingsSchema = z.strictObject({
  backends: z.array(backend).min(1),
  threads: z.array(positiveCount).min(1),
  batches: z.array(positiveCount).min(1),
  budgetS: z.number().positive(),
  seed: z.int(),
});

const interruptedSchema = z.strictObject({ settings: settingsSchema, done: count, total: count });

/** A profile that was begun and not ended. Its finished cells are in the store's journal. */
export interface Interrupted {
  readonly settings: ProfileSettings;
  readonly done: number;
  readonly total: number;
}

const KEY = 'ipa-edge/interrupted';

export const settings = signal<ProfileSettings>({
  backends: ['webgpu', 'wasm'],
  threads: [1],
  batches: [1, 2, 4, 8, 16],
  budgetS: 120,
  seed: 1,
});
export const interrupted = signal<Interrupted | null>(recall());
export const running = signal<AbortController | null>(null);
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
  running.value = controller;
  progress.value = null;
  liveCells.value = [];
  wasHidden.value = document.hidden;
  if (interrupted.value?.settings !== chosen) interrupted.value = { settings: chosen, done: 0, total: 0 };
  await attempt(async () => {
    const draw = liveDrawing();
    const take = (now: ProfileProgress) => {
      progress.value = now;
      if (now.finished) draw(now.finished);
      if (now.phase === 'cells') interrupted.value = { settings: chosen, done: now.done, total: now.total };
    };
    try {
      const profile = await measure(models.value!, store.value!, chosen, controller.signal, take);
      interrupted.value = null;
      await refresh();
      await open(await profileId(profile));
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    }
  });
  running.value = null;
}

export function resumeProfile(): Promise<void> {
  settings.value = interrupted.value!.settings;
  return startProfile();
}

/**
 * Calls pass through this thread while they are timed, so charts are drawn seldom, and when a cell ends: the next one's
 * warm-up takes the disturbance.
 */
const DRAW_EVERY_MS = 1000;

function liveDrawing(): (cell: Cell) => void {
  const cells = new Map<string, Cell>();
  let drawn = Number.NEGATIVE_INFINITY;
  return (cell) => {
    cells.set(cellId(cell), cell);
    if (performance.now() - drawn < DRAW_EVERY_MS) return;
    drawn = performance.now();
    liveCells.value = [...cells.values()];
  };
}
