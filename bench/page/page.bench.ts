/**
 * Times the page: `npm run bench:page [profile.json]`, by default with the profile written by `npm start`. For many positions of
 * each slider, it measures how long the integer program takes, when the solved plan is shown, and when the simulation has
 * confirmed the plan. It runs the plan in the page with charts and requests, and in a page that draws nothing. Then it clicks and
 * types while the page measures, and reports how long interactions take until the next paint.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright';
import { type Plan, parsePlan } from '../../solver/documents/plan.ts';
import { parseProfile } from '../../solver/documents/profile.ts';
import { parseRunReport, type RunReport } from '../../solver/documents/run-report.ts';
import { nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { planManifestPath } from '../../workers/command/options.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { withRunner } from '../runner/runner.ts';
import { benchFolder } from '../setup/folder.ts';
import { downloaded, planned, withBrowser } from './actions.ts';
import { bounded } from './bounded.ts';
import { collectInteractions, interactWhileMeasuring } from './interactions.ts';

const PROFILE = process.argv[2] ?? 'out/fashion/profile.json';
const QUESTIONS = 60;
const RUN_S = 20;
/** Time limit for all answers of one slider. */
const ANSWERS_MS = 600_000;

const text = await readFile(PROFILE, 'utf8').catch((cause) => {
  throw new Error(
    `${PROFILE} cannot be read. Run npm start to make it, or give the path of another profile.`,
    { cause },
  );
});
const { device } = parseProfile(JSON.parse(text), PROFILE);

await withBrowser(async (browser, url) => {
  const page = await opened(await browser.newContext({ viewport: { width: 1440, height: 900 } }), url);
  console.log(
    `${device.agent}, ${device.logicalCores} logical cores; ${QUESTIONS} positions of each slider; ms: median / p95 / worst\n`,
  );
  console.table([
    await asked(page, 'Time limit (SLA)'),
    await asked(page, 'Arrival rate'),
    await asked(page, 'Weight of cost, β'),
  ]);
  const plan = parsePlan(JSON.parse(await exported(page, 'Save plan')), 'the plan');
  const drawn = await runDrawn(page);
  console.table([row('charts and requests', drawn, drawn.busy), row('none', await runHeadless(plan))]);
  console.table([await interactWhileMeasuring(browser, page)]);
});

async function opened(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  // tsx inserts calls of its helper `__name` into the functions that run in the page, which does not have it.
  await page.addInitScript('globalThis.__name = (named) => named');
  await collectInteractions(page);
  await page.goto(url);
  await page
    .getByLabel('Import profile')
    .setInputFiles({ name: 'profile.json', mimeType: 'application/json', buffer: Buffer.from(text) });
  await planned(page);
  await page.locator('.plan-settings > .fold > summary').click();
  return page;
}

/** Moves a slider to evenly spaced positions, up and then down, like a user who drags it. */
async function asked(page: Page, name: string) {
  const slider = await page.getByRole('slider', { name: `${name}, slider` }).elementHandle();
  const answers = page.evaluate(
    async ([element, count]) => {
      const slider = element as unknown as HTMLInputElement;
      const answer = document.querySelector('.answer')!;
      const until = (met: () => boolean) =>
        new Promise<number>((resolve) => {
          const check = () => {
            if (!met()) return;
            observer.disconnect();
            resolve(performance.now());
          };
          const observer = new MutationObserver(check);
          observer.observe(answer, { subtree: true, childList: true, attributes: true, characterData: true });
          check();
        });
      const stale = () => answer.classList.contains('stale');
      const before = slider.value;
      const all: { solvedMs: number; confirmedMs: number; ownMs: number | null }[] = [];
      for (let i = 0; i < count; i++) {
        const part = i < count / 2 ? (2 * i) / count : 2 - (2 * i) / count;
        slider.value = String(Number(slider.max) * (0.2 + 0.7 * part));
        const startMs = performance.now();
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        await until(stale);
        const solvedMs = (await until(() => !stale())) - startMs;
        const confirmedMs = (await until(() => answer.getAttribute('aria-busy') === 'false')) - startMs;
        const certificate = [...answer.querySelectorAll('dd')].findLast((one) =>
          / ms$/.test(one.textContent ?? ''),
        );
        const own = / ([\d.]+) ms$/.exec(certificate?.textContent ?? '')?.[1];
        all.push({ solvedMs, confirmedMs, ownMs: own === undefined ? null : Number(own) });
      }
      slider.value = before;
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      return all;
    },
    [slider, QUESTIONS] as const,
  );
  const took = await bounded(`the answers to all positions of the slider ${name}`, answers, ANSWERS_MS);
  await planned(page);
  const summary = (values: number[]) => {
    const sorted = sortedNumbers(values);
    return [50, 95, 100].map((p) => Number(nearestRank(sorted, p).toPrecision(3))).join(' / ');
  };
  const feasible = took.filter(({ ownMs }) => ownMs !== null);
  return {
    slider: name,
    feasible: feasible.length,
    'solved in': summary(feasible.map(({ ownMs }) => ownMs!)),
    'shown after': summary(took.map(({ solvedMs }) => solvedMs)),
    'confirmed after': summary(feasible.map(({ confirmedMs }) => confirmedMs)),
  };
}

/** Table row of a run: its latencies, and how busy the page's own thread was. */
function row(pictures: string, { result: { latencyMs }, load }: RunReport, busy?: string) {
  return {
    pictures,
    'p50 ms': latencyMs.p50?.toFixed(1),
    'p95 ms': latencyMs.p95?.toFixed(1),
    'load late, p99 ms': load.latenessP99Ms.toFixed(2),
    "page's thread, % of a core": busy,
  };
}

/** Runs the page's plan in the page, with charts and requests. */
async function runDrawn(page: Page): Promise<RunReport & { busy: string }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const busyS = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'ThreadTime')!.value;
  };
  await page.getByLabel('Duration (s)').fill(String(RUN_S));
  await page.getByRole('button', { name: 'Run the plan' }).click();
  await page.locator('.live-charts').waitFor();
  const [beganMs, before] = [performance.now(), await busyS()];
  await page.waitForTimeout(1000 * (RUN_S - 4));
  const share = (1000 * ((await busyS()) - before)) / (performance.now() - beganMs);
  await page.locator('.outcome').waitFor();
  const report = parseRunReport(JSON.parse(await exported(page, 'Save report')), 'the report');
  return { ...report, busy: (100 * share).toFixed(1) };
}

/** Runs a plan in the headless page, which draws nothing. */
function runHeadless(plan: Plan): Promise<RunReport> {
  const manifestPath = planManifestPath(plan, {});
  const backends = [...new Set(plan.stages.map(({ backend }) => backend))];
  const load = constantLoad(plan.ratePerS, RUN_S, 1);
  const { signal } = new AbortController();
  return withRunner(backends, { manifestPath, out: join(benchFolder(), 'run.json'), signal }, ({ runner }) =>
    runner.run({ name: 'plan', plan, backends, load, seed: 1 }),
  );
}

async function exported(page: Page, name: string): Promise<string> {
  return readFile(await downloaded(page, page.getByRole('button', { name, exact: true })), 'utf8');
}
