import type { Worker } from 'playwright';
import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { sha256Of, sizeBytesOf } from '../../solver/documents/manifest.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { parseRunReport, type RunReport } from '../../solver/documents/run-report.ts';
import { cell, profile as profileOf } from '../solver/profiles.ts';
import { device } from './fixtures.ts';
import { choose, dropOn, profileFile, saved, takePack } from './opened-page.ts';
import { firstScenes, garments } from './own-files.ts';
import { profileOfRealModels } from './real-models.ts';
import { sharedPage } from './shared-page.ts';

/** Runs plans on the built page with real models, workers and scenes, from a profile whose times are invented. */

const VIEWPORT = { width: 1280, height: 900 };
const tab = sharedPage(
  async (page) => {
    await choose(page, profileFile(await profileOfRealModels()));
    const settings = page.getByRole('form', { name: 'Plan settings' });
    await settings.getByRole('checkbox', { name: 'webgpu' }).uncheck();
    await planned(3000, 8);
  },
  undefined,
  { viewport: VIEWPORT },
  true,
);

const button = (name: string | RegExp) => tab.page.getByRole('button', { name });
const numberField = (name: string) => tab.page.getByRole('spinbutton', { name, exact: true });

/** Waits until the plan is confirmed. */
async function planned(slaMs: number, ratePerS: number): Promise<void> {
  await numberField('Time limit (SLA)').fill(String(slaMs));
  await numberField('Arrival rate').fill(String(ratePerS));
  await tab.page.locator('.answer[aria-busy=false]:not(.stale) .verdict').waitFor();
}

async function start(): Promise<void> {
  await button('Run the plan').click();
  await tab.page.locator('.live-charts').waitFor();
}

/** Runs the plan, unless a run is in progress. */
async function running(): Promise<void> {
  if ((await button('Stop').count()) > 0) return;
  await numberField('Duration (s)').fill('600');
  await start();
}

/** Stops the run, and expects that the focus is on the button in the place of the one that was pressed. */
async function stop(): Promise<void> {
  await button('Stop').click();
  await button('Run the plan').waitFor();
  expect(await tab.page.evaluate(() => document.activeElement?.textContent)).toBe('Run the plan');
}

async function ended(): Promise<RunReport> {
  await tab.page.locator('.outcome').waitFor();
  const report = parseRunReport(JSON.parse(await saved(tab.page, /^Save report$/)), 'the report');
  const { completed, shed, failed } = report.result;
  expect(completed + shed + failed).toBe(report.load.requests);
  return report;
}

/** Makes an invented profile of the pipeline `garments`, whose linear model ran on WebGPU. */
function linearOnGpu(manifest: unknown): Profile {
  const { name: pipeline, stages } = parseManifest(manifest, 'the test');
  const { name, task, variants } = stages[0]!;
  const [linear] = variants;
  return profileOf([cell(name, linear!.name, 'webgpu', 1, Array(30).fill(5))], {
    pipeline,
    device,
    stages: [
      {
        name,
        task,
        metric: 'top-1',
        variants: [
          {
            name: linear!.name,
            sha256: sha256Of(linear!),
            sizeBytes: sizeBytesOf(linear!),
            accuracy: { published: 0.7, measured: null },
          },
        ],
      },
    ],
    fanOut: [{ stage: name, upstream: {}, counts: [1] }],
  });
}

/** Returns the workers that serve stages, which the page's other workers differ from by the `~` in their names. */
async function stageWorkers(): Promise<Worker[]> {
  const named = await Promise.all(
    tab.page.workers().map(async (worker) => ({ worker, name: await worker.evaluate(() => self.name) })),
  );
  return named.filter(({ name }) => name.includes('~')).map(({ worker }) => worker);
}

const takeLoad = (kind: 'constant' | 'trace') =>
  tab.page.getByRole('combobox', { name: /^Load/ }).selectOption(kind);

async function takeTrace(text: string): Promise<void> {
  await takeLoad('trace');
  await tab.page
    .getByLabel('Choose a trace')
    .setInputFiles({ name: 'rising.json', mimeType: 'application/json', buffer: Buffer.from(text) });
}

describe('the section Try it before a run', () => {
  it('tells of each second of the load, by pointer and by keyboard', async () => {
    await numberField('Duration (s)').fill('4');
    const preview = tab.page.locator('.live-chart', { hasText: 'What will arrive' });
    const chart = preview.getByRole('application');
    expect(await preview.locator('.legend').textContent()).toMatch(/arrivals.*planned for 8 \/s/);
    const told = preview.locator('[aria-live=polite]');
    const tip = preview.locator('.live-tip');
    await chart.press('ArrowRight');
    await expect.poll(() => told.textContent()).toMatch(/^0 s\narrivals \d+ \/s$/);
    await chart.press('ArrowRight');
    await expect.poll(() => told.textContent()).toMatch(/^1 s\narrivals \d+ \/s$/);
    expect(await tip.textContent()).toBe(await told.textContent());
    await chart.press('End');
    await expect.poll(() => told.textContent()).toMatch(/^3 s\n/);
    await chart.press('Escape');
    await expect.poll(() => tip.count()).toBe(0);
    const { width, height } = (await chart.boundingBox())!;
    await chart.hover({ position: { x: 0.6 * width, y: height / 2 } });
    await expect.poll(() => tip.textContent()).toMatch(/^2 s\narrivals \d+ \/s$/);
  });

  it('asks for a trace, and refuses what is no trace, what has no request and what is too much, and says why', async () => {
    await takeLoad('trace');
    await tab.page.getByText('Open a trace first.').waitFor();
    await takeTrace('{"rates": [1, -2]}');
    await tab.page.getByText(/rates\[1\]/).waitFor();
    expect(await button('Run the plan').isDisabled()).toBe(true);
    await takeTrace(JSON.stringify({ rates: [0, 0.2] }));
    await tab.page.getByText(/no request arrives in 2 s/).waitFor();
    expect(await button('Run the plan').isDisabled()).toBe(true);
    await takeTrace(JSON.stringify({ rates: [1e6] }));
    await tab.page.getByText(/1,000,000 requests; a run takes at most 50,000/).waitFor();
    expect(await button('Run the plan').isDisabled()).toBe(true);
    await takeLoad('constant');
  });

  it('says why a plan cannot run here', async () => {
    const elsewhere = await profileOfRealModels();
    for (const variant of elsewhere.stages[0]!.variants) variant.sha256 = '0'.repeat(64);
    await choose(tab.page, profileFile(elsewhere, 'other.json'));
    await tab.page.getByText(/that was profiled is not in the pipeline fashion/).waitFor();
    expect(await button('Run the plan').isDisabled()).toBe(true);
    await choose(tab.page, profileFile({ ...elsewhere, pipeline: 'gone' }));
    await tab.page
      .getByText(/no longer has the pipeline gone, or never had it: open its files.*or measure fashion/)
      .waitFor();
    await choose(tab.page, profileFile(await profileOfRealModels()));
    await expect.poll(() => button('Run the plan').isEnabled()).toBe(true);
  });

  it('does not run a plan while another pipeline is chosen, even one with the same models', async () => {
    await takePack(tab.page, 'few.bin', await firstScenes(8));
    await tab.page
      .getByText(/^The plan is of the pipeline fashion, and \S+ is chosen\. Choose fashion/)
      .waitFor();
    expect(await button('Run the plan').isDisabled()).toBe(true);
    await tab.page.getByLabel('Pipeline', { exact: true }).selectOption('fashion');
    await expect.poll(() => button('Run the plan').isEnabled()).toBe(true);
  });
});

describe('the section Try it', () => {
  it('runs the plan on real scenes, and shows its requests and charts live', async () => {
    await running();
    await tab.page.locator('.request svg[role=img]').first().waitFor();
    await expect
      .poll(() => tab.page.locator('.request-picture [class^=verdict-]').count())
      .toBeGreaterThan(0);
    const [said] = await tab.page
      .locator('.request svg')
      .evaluateAll((all) => all.map((one) => one.ariaLabel));
    expect(said).toMatch(/[a-z]/);
    const drawn = await tab.page
      .locator('.request canvas')
      .first()
      .evaluate((canvas: HTMLCanvasElement) =>
        canvas
          .getContext('2d')!
          .getImageData(0, 0, canvas.width, canvas.height)
          .data.some((value, i) => i % 4 < 3 && value > 0),
      );
    expect(drawn).toBe(true);
    const legend = tab.page.locator('.live-chart', { hasText: 'Latency' }).locator('.legend');
    expect(await legend.textContent()).toMatch(/within.*late.*shed or failed.*SLA 3,000 ms/);
    for (const title of ['Arrival rate', 'Latency', 'Batch fill', 'Accuracy', 'Cores in use'])
      expect(await tab.page.locator('.live-chart', { hasText: title }).count()).toBe(1);
    expect(await tab.page.locator('.live-chart', { hasText: 'Batch fill' }).textContent()).toMatch(
      /detect (–|[\d.]+\s%) full, classify (–|[\d.]+\s%) full/,
    );
    await expect.poll(() => tab.page.locator('.live-dots').first().getAttribute('d')).toMatch(/M.*M/);
    const latency = tab.page.locator('.live-chart', { hasText: 'Latency' });
    await latency.getByRole('application').press('Home');
    expect(await latency.locator('[aria-live=polite]').textContent()).toMatch(
      /^0 s\n\d+ (within|late), up to [\d,.]+\sms/,
    );

    await expect.poll(() => tab.page.locator('.request').count()).toBe(6);
    await tab.page.setViewportSize({ width: 390, height: 900 });
    await expect.poll(() => tab.page.locator('.request').count()).toBe(2);
    await tab.page.setViewportSize(VIEWPORT);
  });

  it('replaces a worker that dies in the middle of a run, tells of it, and loses no request', async () => {
    await running();
    const [worker] = await stageWorkers();
    // The page treats a worker with an uncaught error like one that crashed.
    await worker!.evaluate(() => {
      setTimeout(() => {
        throw new Error('out of memory');
      });
    });
    await tab.page.locator('#try', { hasText: 'replaces a lost one' }).waitFor();
    await stop();
    const report = await ended();
    expect(report.result.failed).toBe(0);
    expect(report.events.map(({ what }) => what).join()).toMatch(/was lost \(.*out of memory/);
  });

  it('tells screen readers that the plan runs and what came of it, in an element that was there before', async () => {
    const status = (await tab.page.locator('#try > [role=status]').elementHandle())!;
    await running();
    await expect.poll(() => status.textContent()).toBe('The plan is running');
    await tab.page.locator('.request').first().waitFor();
    await stop();
    await expect.poll(() => status.textContent()).toMatch(/^Last run: \d+ of \d+ requests? answered$/);
  });

  it('holds what a run has measured against what was predicted, and keeps it where the run is stopped', async () => {
    if ((await tab.page.locator('.outcome').count()) === 0) {
      await running();
      await tab.page.locator('.request').first().waitFor();
      await stop();
    }
    const report = await ended();
    expect(report.load.requests).toBeLessThan(4800);
    expect(report.load.durationS).toBeLessThan(600);
    expect(report.result.completed).toBeGreaterThan(0);
    expect(report.result.accuracy.endToEnd).toBeGreaterThan(0.5);
    const summary = tab.page.locator('.outcome .summary-table');
    expect(await summary.textContent()).toMatch(/predicted/);
    expect(await tab.page.locator('.outcome > p').first().textContent()).toContain(
      `${report.load.requests} sent`,
    );
    const shown = await tab.context.newPage();
    await shown.setContent(await saved(tab.page, 'Save report HTML'));
    await shown.locator('h1').waitFor();
    expect(await shown.locator('h2').allTextContents()).toContain('Runs');
    await shown.close();
  });

  it('switches plans while the load of a trace rises', async () => {
    await planned(1000, 2);
    await takeTrace(JSON.stringify({ rates: [2, 2, ...Array(60).fill(60)] }));
    await tab.page.getByText('rising.json: 62 rates').waitFor();
    await tab.page.getByRole('checkbox', { name: /Adapt/ }).check();
    await numberField('Plan again every (s)').fill('2');
    await start();
    await tab.page.locator('#try', { hasText: 'switched to' }).waitFor();
    await stop();
    const report = await ended();
    expect(report.adaptation!.steps.length).toBeGreaterThan(0);
    expect(report.plans.length).toBeGreaterThan(1);
    expect(report.plans.at(-1)!.plan.ratePerS).toBeGreaterThan(2);
    expect(report.result.failed).toBe(0);
    expect(await tab.page.locator('.outcome').textContent()).toContain('switched to');
    await tab.page.getByRole('checkbox', { name: /Adapt/ }).uncheck();
    await takeLoad('constant');
  });

  it('goes on with a new GPU device after the one it had is lost', async () => {
    // One linear model, because a software adapter takes long for any other.
    const files = await garments();
    await dropOn(tab.page, '#plan', files);
    await tab.page.getByRole('region', { name: 'Stage classify' }).getByText('cnn8').waitFor();
    await choose(tab.page, profileFile(linearOnGpu(JSON.parse(String(files[0]!.bytes)))));
    await planned(100_000, 1);
    await running();
    await expect.poll(() => tab.page.locator('.request').count()).toBeGreaterThan(0);
    expect(await tab.page.locator('.live-chart', { hasText: 'GPU share' }).count()).toBe(1);
    const session = await tab.site.browser.newBrowserCDPSession();
    await session.send('Browser.crashGpuProcess').catch(() => {});
    // The page tells of the lost worker during the run, and the run's report does afterwards.
    await tab.page.locator('#try', { hasText: 'replaces a lost one' }).waitFor();
    await stop();
    const report = await ended();
    expect(report.result.failed).toBe(0);
    expect(report.events.map(({ what }) => what).join()).toContain('was lost');
  });
});
