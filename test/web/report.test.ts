import type { Browser, Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BenchReport, Report } from '../../solver/documents/report.ts';
import { adaptationReport, adaptiveRun } from './adaptation-fixtures.ts';
import { fashionReport } from './report-fixtures.ts';
import { openBrowser, type ReportFolder, reportFolder } from './serve.ts';
import { speechReport } from './speech-fixture.ts';

const HOSTILE = '</script><img src=x onerror="window.broken = 1"><!-- $& $1 \u2028';

let browser: Browser;
let folder: ReportFolder;
let page: Page;
let errors: string[];

beforeAll(async () => {
  [browser, folder] = await Promise.all([openBrowser(), reportFolder()]);
});
afterAll(() => Promise.all([browser.close(), folder.remove()]));
afterEach(() => page.close());

async function show(report: Report, width = 1280): Promise<void> {
  page = await browser.newPage({ viewport: { width, height: 900 } });
  errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) errors.push(`asked for ${request.url()}`);
  });
  await page.goto(await folder.put(report));
  await page.locator('h1').waitFor();
}

/** Arrow keys lead from the first point to the last and tell them, in a tip as where they are pointed at. */
async function expectWalked(figure: Locator, first: RegExp, last: RegExp, nth = 0): Promise<void> {
  const chart = figure.getByRole('application').nth(nth);
  const told = figure.locator('[aria-live=polite]').nth(nth);
  const tip = chart.locator('[aria-label=tip]');
  // A tip's lines begin with a space of no width.
  const words = (text: string | null) => text?.replace(/[\s\u200b]+/g, ' ').trim();
  await page.mouse.move(0, 0);
  await chart.locator('svg').waitFor();
  await chart.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => words(await told.textContent())).toMatch(first);
  const text = words(await told.textContent());
  await expect.poll(async () => words(await tip.textContent())).toBe(text);
  // Also once it is drawn anew.
  const drawnWidth = async () => (await chart.locator('svg').boundingBox())!.width;
  const before = await drawnWidth();
  await page.setViewportSize({ width: 1100, height: 900 });
  await expect.poll(drawnWidth).not.toBe(before);
  await expect.poll(async () => words(await tip.textContent())).toBe(text);
  await page.keyboard.press('End');
  await expect.poll(async () => words(await told.textContent())).toMatch(last);
  await page.keyboard.press('Escape');
  expect(await told.textContent()).toBe('');
  expect(await tip.textContent()).toBe('');
  const { width, height } = (await chart.boundingBox())!;
  for (let at = 0; at < 40 && !(await tip.textContent()); at++)
    await chart.hover({ position: { x: ((at % 20) / 20) * width, y: (at < 20 ? 0.5 : 0.2) * height } });
  expect(await tip.textContent()).not.toBe('');
  await page.setViewportSize({ width: 1280, height: 900 });
}

const charts = () => page.locator('svg.chart');

describe('the report', () => {
  it('shows every section of a bench, from one file', async () => {
    await show(fashionReport());
    expect(await page.locator('h2').allTextContents()).toEqual([
      'Results',
      'Runs',
      'Plans',
      'Every combination of variants',
      'Measurements',
    ]);
    expect(await page.locator('header').textContent()).toContain('SOFTWARE ADAPTER');
    // 6 runs, then for 2 sets of backends a bound, combinations and a frontier; latency and throughput
    // of 2 stages on 2 backends.
    await expect.poll(() => charts().count()).toBe(6 + 2 * 3 + 2 * 4);
    expect(await page.locator('.summary-table tbody tr').count()).toBe(6);
    expect(errors).toEqual([]);
  });

  it('has the figures of every combination in a table, the chosen one marked, sorted on demand', async () => {
    await show(fashionReport());
    const details = page.locator('details', { hasText: 'Table of combinations, webgpu + wasm' });
    await details.locator('summary').click();
    const rows = details.locator('tbody tr');
    expect(await rows.count()).toBe(18);
    expect(await details.locator('tr.marked').textContent()).toContain('det16 → res16');
    await details.getByRole('button', { name: 'PAS' }).click();
    expect(await rows.first().textContent()).toContain('det4 → linear');
    await details.getByRole('button', { name: 'PAS' }).click();
    expect(await rows.first().textContent()).toContain('det16 → res32');
  });

  it('shows time against size, and encoder and steps apart, where a profile has them', async () => {
    await show(speechReport());
    expect(await page.locator('#measurements').textContent()).toContain('Calls of 1 to 28 s');
    const bySize = page.locator('details', { hasText: 'Time against size of transcribe' });
    expect(await bySize.locator('svg.chart').count()).toBe(0);
    await bySize.locator('summary').click();
    await expect.poll(() => bySize.locator('svg.chart').count()).toBe(2);
    const first =
      /^(tiny|base), .* seconds .* ms \d+ steps encoder .* ms first step .* ms later steps .* ms$/;
    await expectWalked(bySize.locator('figure').first(), first, first);
    await bySize.getByLabel('Batch').selectOption('4');
    await expect.poll(() => bySize.locator('svg.chart').count()).toBe(2);
    const table = page.locator('details', { hasText: 'Table of transcribe' });
    await table.locator('summary').click();
    const heads = await table.locator('thead th').allTextContents();
    expect(heads.slice(-5)).toEqual([
      'Steps',
      'p50, encoder',
      'p50, first step',
      'p50, later steps',
      'Validity',
    ]);
    expect(errors).toEqual([]);
  });

  it('has further metrics of a task beside the one that plans use', async () => {
    await show(fashionReport());
    const table = page.locator('details', { hasText: 'Accuracy of detect' });
    await table.locator('summary').click();
    const heads = await table.locator('thead th').allTextContents();
    expect(heads).toEqual(['Variant', 'F1 at IoU 0.5', 'mAP@0.5', 'Published', 'n']);
    expect(await table.locator('tbody tr').first().textContent()).toMatch(/^\w+([\d.]+\s%){3}240$/);
  });

  it('has every point of the frontier in a table, with the weights that choose it', async () => {
    const report = fashionReport();
    await show(report);
    const details = page.locator('details', { hasText: 'Table of the frontier, webgpu + wasm' });
    await details.locator('summary').click();
    const points = report.frontier.filter((point) => point.backends.includes('wasm'));
    const rows = details.locator('tbody tr');
    expect(await rows.count()).toBe(points.length);
    const between = points.findIndex(({ weights }) => weights && weights.betaMin > 0 && weights.betaMax);
    expect(await rows.nth(between).locator('td').last().textContent()).toMatch(/^0\.\d+ to \d/);
    await expect.poll(() => page.getByText(/^≤ .* ms$/).count()).toBeGreaterThan(4);
    expect(await page.getByText('cost (cores + 8 × GPU share) →').count()).toBe(2);
  });

  it.each([
    [
      'the latency of each request',
      '#runs figure',
      /^0 to 1 s: \d+ requests? \d+ within the SLA.* p50 .* ms, longest .* ms$/,
      /^\d+ to \d+ s: /,
    ],
    [
      'the bound by stage',
      '#plans figure',
      /^\S+: bound .* ms of SLA .* ms detect .*, of it wait .* classify /,
      /: bound .* of SLA /,
    ],
    [
      'combinations',
      '#choices figure',
      /^det4 → linear accuracy .*, attainment .* p95 .*, cost /,
      /^det16 → res32 accuracy /,
    ],
    [
      'the frontier',
      '#choices figure:has-text("Accuracy for cost")',
      /^det\d+ → \w+ PAS .*, cost .*, bound .* ms (chosen with β .*|no β chooses it)$/,
      /^det\d+ → \w+ PAS /,
    ],
  ])('tells of %s by pointer and by keyboard', async (_, figure, first, last) => {
    await show(fashionReport());
    await expectWalked(page.locator(figure).first(), first, last);
  });

  it('tells of what changes over time by pointer and by keyboard: lines, and the plans that served', async () => {
    await show(adaptiveRun());
    const figure = page.locator('#over-time figure');
    await expectWalked(figure, /^0 s forecast p90 \d/, /^\d{2,} s forecast p90 \d/);
    await expectWalked(figure, /^det16 × 1 × 2 on \w+ 0 to \d+ s$/, /^det\d+ × .* \d+ to \d+ s$/, 5);
  });

  it('tells of the plan that is pointed at, at its edges too', async () => {
    await show(adaptiveRun());
    const strip = page.locator('#over-time').getByRole('application').nth(5);
    // The first one's, beside the axis.
    await strip.hover({ position: { x: 52, y: 60 } });
    await expect.poll(() => strip.locator('[aria-label=tip]').textContent()).toContain('det16 × 1 × 2');
  });

  it('tells of the cost and accuracy of every system by pointer and by keyboard', async () => {
    await show(adaptationReport());
    await page.locator('.findings a').first().click();
    await expectWalked(
      page.locator('#comparison-0 figure').first(),
      /^IPA PAS .*, cost .* attainment /,
      /^ours /,
    );
  });

  it('tells of systems that lie on each other in one place', async () => {
    const report = adaptationReport();
    const [ipa, low] = report.comparisons[0]!.rivals;
    Object.assign(low!, { cost: ipa!.cost, pas: ipa!.pas });
    await show(report);
    await page.locator('.findings a').first().click();
    const figure = page.locator('#comparison-0 figure').first();
    await expectWalked(figure, /^IPA PAS .* FA2-low PAS .*, cost .* attainment /, /^ours /);
    expect(await figure.locator('svg').textContent()).toContain('IPA, FA2-low');
  });

  it('says in words what the flags of cells and runs mean', async () => {
    const report = fashionReport();
    report.runs[0]!.load.valid = false;
    await show(report);
    const text = await page.locator('main').textContent();
    expect(text).toMatch(/few-samples\s+\d+ cells: under 20 samples: no p95/);
    expect(text).toMatch(/failed\s+classify\/res16\/webgpu\/1\/8: ModelLoadError/);
    expect(text).toMatch(/not valid\s+plan · webgpu \+ wasm: requests were sent up to/);
    expect(text).toContain('worker classify-2 was lost');
  });

  it('shows hostile text as text', async () => {
    const report: BenchReport = fashionReport();
    report.device.agent = HOSTILE;
    report.runs[0]!.events.push({ atMs: 1, what: HOSTILE });
    report.combinations[0]!.binding = HOSTILE;
    report.combinations[0]!.feasible = false;
    const failed = report.profile.cells.find((cell) => cell.state === 'failed')!;
    failed.error = HOSTILE;
    await show(report);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate(() => 'broken' in window)).toBe(false);
    expect(await page.locator('dd', { hasText: 'onerror' }).textContent()).toBe(HOSTILE);
    expect(await page.locator('.notes li', { hasText: 'onerror' }).count()).toBe(2);
    expect(errors).toEqual([]);
  });

  it('shows a single run, without a notice where the adapter is a GPU', async () => {
    const run = fashionReport().runs[0]!;
    run.device.adapter!.software = false;
    await show(run);
    expect(await page.locator('h2').allTextContents()).toEqual(['Results', 'Runs', 'Plans']);
    await expect.poll(() => charts().count()).toBe(2);
    expect(await page.getByText('SOFTWARE ADAPTER').count()).toBe(0);
  });

  it('shows a simulated run that adapts: its plans, forecasts and what came of them', async () => {
    const run = adaptiveRun();
    await show(run);
    expect(await page.locator('header').textContent()).toMatch(/SIMULATED.*service times: nothing ran/);
    const section = page.locator('#over-time');
    // Arrival rate, latency, misses, PAS, cost and two stages.
    await expect.poll(() => section.locator('svg.chart').count()).toBe(7);
    const texts = await section.locator('svg.chart').allTextContents();
    for (const label of ['arrived', 'forecast p90', 'median', 'planned']) expect(texts[0]).toContain(label);
    expect(texts[1]).toMatch(/SLA 500\sms/);
    expect(texts[5]).toMatch(/↑ detect: replicas.*det16 × .*det8 × /);
    expect(texts[6]).toContain('time (s) →');
    const table = section.locator('details', { hasText: 'Table of plans over time' });
    await table.locator('summary').click();
    expect(await table.locator('tbody tr').count()).toBe(run.plans.length);
    const first = await table.locator('tbody tr').first().textContent();
    expect(first).toMatch(/^0\.0\u00a0s.*det16 × 1 × 2res32 × 1 × 2/);
    expect(await section.locator('details', { hasText: 'Table of forecasts' }).count()).toBe(1);
    expect(errors).toEqual([]);
  });

  it('shows a run over time where its requests are too many to be told', async () => {
    const run = { ...adaptiveRun(), requests: [] };
    await show(run);
    expect(await page.locator('#runs svg.chart').count()).toBe(0);
    await expect.poll(() => page.locator('#over-time svg.chart').count()).toBe(7);
  });

  it('tells of every comparison what was found, and opens to its charts and runs', async () => {
    const report = adaptationReport();
    await show(report);
    const rows = page.locator('.findings tbody tr');
    expect(await rows.count()).toBe(report.comparisons.length);
    const { rivals, ours, found } = report.comparisons[0]!;
    const ipa = rivals[0]!;
    const better = ours[found.beatsIpa!]!;
    const cell = (row: number, head: string) => rows.nth(row).locator(`[data-head="${head}"]`).textContent();
    expect(await cell(0, 'IPA')).toContain(`attainment\u00a0${(100 * ipa.slaAttainment).toFixed(1)}`);
    expect(await cell(0, 'Ours beats IPA')).toMatch(`✓ yes, cost × ${(better.cost / ipa.cost).toFixed(2)}`);
    expect(await cell(0, 'Ours beats IPA')).toContain(`p${better.setting!.percentile}, β`);
    expect(report.comparisons[2]!.found.beatsFa2High).toBeNull();
    expect(await cell(2, 'Ours beats FA2-high')).toBe('✗ no');

    expect(await charts().count()).toBe(0);
    await rows.nth(0).getByRole('link').click();
    // Accuracy for cost; arrival rate, PAS, cost, p95 and misses over time.
    await expect.poll(() => charts().count()).toBe(6);
    const comparison = page.locator('#comparison-0');
    const texts = await charts().allTextContents();
    for (const system of ['IPA', 'FA2-high', 'FA2-low', 'RIM', 'oracle']) {
      expect(texts[0]).toContain(system);
      expect(texts[4]).toContain(system);
    }
    expect(texts[0]).toContain('beats IPA');
    expect(texts[4]).toMatch(/SLA 500\sms/);
    await comparison.locator('summary', { hasText: 'Table of runs' }).click();
    expect(await comparison.locator('tbody tr').count()).toBe(rivals.length + 1 + ours.length);
    expect(await comparison.locator('tr.marked').first().textContent()).toContain('beats ');
    await comparison.locator('summary').first().click();
    await expect.poll(() => charts().count()).toBe(0);
    expect(errors).toEqual([]);
  });

  it('shows a comparison with hostile text, without drawn runs and with findings that are not there', async () => {
    const report = adaptationReport();
    const hostile = report.comparisons[0]!;
    hostile.workload = HOSTILE;
    hostile.found.beatsIpa = 1000;
    for (const run of [...hostile.rivals, ...hostile.ours, hostile.oracle]) run.overTime = [];
    await show(report);
    await page.locator('.findings a').first().click();
    await expect.poll(() => charts().count()).toBe(1);
    expect(await page.locator('.findings a').first().textContent()).toBe(HOSTILE);
    expect(await page.locator('.findings [data-head="Ours beats IPA"]').first().textContent()).toBe('✗ no');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate(() => 'broken' in window)).toBe(false);
    expect(errors).toEqual([]);
  });

  it('fits a narrow screen, also with what changes over time', async () => {
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    await show(adaptiveRun(), 360);
    await expect.poll(() => charts().count()).toBe(9);
    expect(await width()).toBe(360);
    await page.close();
    await show(adaptationReport(), 360);
    await page.locator('.findings a').first().click();
    await expect.poll(() => charts().count()).toBe(6);
    expect(await width()).toBe(360);
  });

  it('fits a narrow screen', async () => {
    await show(fashionReport(), 360);
    await expect.poll(() => charts().count()).toBe(20);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });

  it('refuses what is no report, naming the field', async () => {
    await show({ ...fashionReport(), seed: 'x' } as unknown as Report);
    expect(await page.locator('main').textContent()).toMatch(/cannot be shown.*seed: .*found "x"/s);
  });
});
