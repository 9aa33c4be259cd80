import { expect, onTestFinished, test, vi } from 'vitest';
import type { Cell } from '../../solver/documents/cell.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { profile } from '../../workers/profiler/profile.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';
import { MemoryStore } from '../../workers/store/memory.ts';
import { until } from '../until.ts';
import { loadSmallFashion } from './fashion.ts';
import { environment, withRuns } from './with-runs.ts';

const settings: ProfileSettings = { backends: ['cpu'], threads: [1], batches: [1, 2], budgetS: 3, seed: 7 };
const models = await loadSmallFashion();
const store = new MemoryStore();

/** Makes a page that a test hides and shows. The environment `told` tells of it, and calls `waits` if something waits for it. */
function stubPage() {
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('document', page);
  vi.stubGlobal('navigator', { hardwareConcurrency: 1 });
  onTestFinished(() => void vi.unstubAllGlobals());
  const show = () => {
    page.visibilityState = 'visible';
    page.dispatchEvent(new Event('visibilitychange'));
  };
  const { hidden, visible } = browserEnvironment();
  const waits = vi.fn();
  const told: Pick<Environment, 'hidden' | 'visible'> = {
    hidden,
    visible() {
      if (hidden()) waits();
      return visible();
    },
  };
  return { page, show, waits, told };
}

test('nothing runs while the page is hidden, and measuring goes on once the page is shown', async () => {
  const { page, show, waits, told } = stubPage();
  const ran: string[] = [];
  let finished = 0;
  const asked = profile({
    models,
    environment: { ...withRuns(() => ran.push(page.visibilityState)), ...told },
    store,
    settings: { ...settings, batches: [1], budgetS: 1, seed: 14 },
    onProgress(now) {
      if (now.finished && ++finished === 2) page.visibilityState = 'hidden';
    },
  });
  await until(() => expect(waits).toHaveBeenCalledOnce());
  expect(finished).toBe(2);
  show();
  expect((await asked).cells.map(({ state }) => state)).toEqual(Array(4).fill('measured'));
  expect(ran).not.toContain('hidden');
});

test('an abort ends a profile at once while the page is hidden', async () => {
  const { page, waits, told } = stubPage();
  const controller = new AbortController();
  const asked = profile({
    models,
    environment: { ...environment, ...told },
    store,
    settings: { ...settings, seed: 15 },
    signal: controller.signal,
    onProgress({ phase }) {
      if (phase === 'cells') page.visibilityState = 'hidden';
    },
  });
  await until(() => expect(waits).toHaveBeenCalledOnce());
  controller.abort(new Error('stopped by another tab'));
  await expect(asked).rejects.toThrow('stopped by another tab');
});

test('the time for which the page is hidden takes nothing of the budget', async () => {
  const { page, show, waits, told } = stubPage();
  const now = performance.now.bind(performance);
  let skippedMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + skippedMs);
  onTestFinished(() => clock.mockRestore());
  const controller = new AbortController();
  const cells: Cell[] = [];
  const asked = profile({
    models,
    environment: { ...environment, ...told },
    store,
    settings: { ...settings, budgetS: 600, seed: 16 },
    signal: controller.signal,
    onProgress({ phase, finished }) {
      if (finished && cells.push(finished) === 2) page.visibilityState = 'hidden';
      if (phase === 'co-run') controller.abort(new Error('stopped'));
    },
  });
  await until(() => expect(waits).toHaveBeenCalledOnce());
  skippedMs = 3_600_000;
  show();
  await expect(asked).rejects.toThrow('stopped');
  expect(cells.filter(({ state }) => state === 'skipped')).toEqual([]);
});
