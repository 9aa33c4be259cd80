import type { Browser, Page } from 'playwright';
import { nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { bounded } from './bounded.ts';
import { mainThreadTasks } from './main-thread.ts';

/** Interacts with the page as a user does while it measures, and times how long each interaction takes until the next paint. */

/** p95 of the time until the next paint should be at most this. */
const GOAL_MS = 100;
/** Event Timing reports no interactions shorter than this, so shorter ones count as this long. */
const REPORTED_MS_MIN = 16;
/** The budget is longer than all interactions take, so that the page measures until it is cancelled. */
const BUDGET_S = 600;

declare global {
  /** Duration of the longest event of each interaction, in ms, by the interaction's number. */
  var ipaEdgeInteractions: Map<number, number>;
}

interface TimedEvent extends PerformanceEventTiming {
  readonly interactionId: number;
}

/** Records the longest event of each interaction in every document that this tab loads from now on. */
export async function collectInteractions(page: Page): Promise<void> {
  await page.addInitScript((leastMs) => {
    globalThis.ipaEdgeInteractions = new Map();
    new PerformanceObserver((list) => {
      for (const { interactionId, duration } of list.getEntries() as TimedEvent[])
        if (interactionId)
          ipaEdgeInteractions.set(
            interactionId,
            Math.max(duration, ipaEdgeInteractions.get(interactionId) ?? 0),
          );
    }).observe({ type: 'event', durationThreshold: leastMs } as PerformanceObserverInit);
  }, REPORTED_MS_MIN);
}

/**
 * Each function makes one interaction: a press of the mouse or a key.
 * @param round counts up, so that each press changes something
 */
const ACTS: readonly ((page: Page, round: number) => Promise<void>)[] = [
  (page, round) => pressOn(page, 'Time limit (SLA)', round),
  (page, round) => pressOn(page, 'Arrival rate', round),
  (page, round) =>
    page
      .locator('.plan-settings .segments label')
      .nth(round % 2)
      .click(),
  (page) => page.getByRole('link', { name: 'Results', exact: true }).click(),
  async (page, round) => {
    await page.getByRole('spinbutton', { name: 'Arrival rate', exact: true }).focus();
    await page.keyboard.press(String(round % 10));
  },
  (page) => page.getByRole('link', { name: 'Plan', exact: true }).click(),
];
const ROUNDS = 10;
const INTERACTIONS = ROUNDS * ACTS.length;

/** Presses the mouse on a slider's track. */
async function pressOn(page: Page, name: string, round: number): Promise<void> {
  const slider = page.getByRole('slider', { name: `${name}, slider` });
  const { width, height } = (await slider.boundingBox())!;
  await slider.click({ position: { x: width * (0.3 + 0.05 * round), y: height / 2 }, force: true });
}

/** Performs each of {@link ACTS} `rounds` times, in a page that shows a plan. */
export async function interact(page: Page, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (const act of ACTS) {
      await act(page, round);
      // The browser reports the events of an interaction after the next paint.
      await bounded(
        'the next paint after an interaction',
        page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))),
      );
    }
}

/** Measures the chosen pipeline, interacts meanwhile, and stops. @returns a row for the table */
export async function interactWhileMeasuring(browser: Browser, page: Page) {
  await page.getByLabel('Budget (s)', { exact: true }).fill(String(BUDGET_S));
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.locator('.progress', { hasText: 'cells' }).waitFor();
  await page.evaluate(() => ipaEdgeInteractions.clear());
  const tasks = await mainThreadTasks(browser, page, () => interact(page, ROUNDS));
  const reported = await page.evaluate(() => [...ipaEdgeInteractions.values()]);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
  const short = Array<number>(Math.max(0, INTERACTIONS - reported.length)).fill(REPORTED_MS_MIN);
  const sorted = sortedNumbers([...reported, ...short]);
  const p95 = nearestRank(sorted, 95);
  return {
    'interactions while measuring': sorted.length,
    'to the next paint, ms': [50, 95, 100].map((p) => Math.round(nearestRank(sorted, p))).join(' / '),
    [`p95 at most ${GOAL_MS} ms`]: p95 <= GOAL_MS ? 'yes' : 'no',
    "longest tasks of the page's thread, ms of CPU": tasks
      .slice(0, 3)
      .map((ms) => ms.toFixed(0))
      .join(', '),
  };
}
