import { describe, expect, it } from 'vitest';
import type { BenchReport, Report } from '../../solver/documents/report.ts';
import { expectLegible, unfold } from './legible.ts';
import { fashionReport } from './report-fixtures.ts';
import { charts, HOSTILE, reportViewer } from './report-viewer.ts';
import { speechReport } from './speech-fixture.ts';
import { expectWalked } from './walked-chart.ts';

const show = reportViewer();
/** Tests leave this report unchanged, so the page loads it once for tests that follow each other. */
const bench = fashionReport();

describe('the report', () => {
  it('shows every section of a bench, from one file', async () => {
    const { errors, page } = await show(bench);
    expect(await page.locator('h2').allTextContents()).toEqual([
      'Results',
      'Runs',
      'Plans',
      'Every combination of variants',
      'Measurements',
    ]);
    expect(await page.locator('header').textContent()).toContain('SOFTWARE ADAPTER');
    // The charts show 6 runs, then bound, combinations and frontier for each of 2 sets of backends, and latency and throughput of
    // 2 stages on 2 backends.
    await expect.poll(() => charts(page).count()).toBe(6 + 2 * 3 + 2 * 4);
    expect(await page.locator('.summary-table tbody tr').count()).toBe(6);
    // The next step after a run that held is one on the page, such as saving files.
    expect(await page.locator('.verdict-card.good').first().textContent()).not.toContain('Next:');
    expect(errors).toEqual([]);
  });

  it('has the figures of every combination in a table, the chosen one marked, sorted on demand', async () => {
    const { page } = await show(bench);
    const details = page.locator('details', { hasText: 'Table of combinations, webgpu + wasm' });
    await details.locator('summary').click();
    const rows = details.locator('tbody tr');
    expect(await rows.count()).toBe(18);
    expect(await details.locator('tr.marked').textContent()).toContain('det16 → res16');
    await details.getByRole('button', { name: /^PAS/ }).click();
    expect(await rows.first().textContent()).toContain('det4 → linear');
    await details.getByRole('button', { name: /^PAS/ }).click();
    expect(await rows.first().textContent()).toContain('det16 → res32');
  });

  it('has further metrics of a task beside the one that plans use', async () => {
    const { page } = await show(bench);
    const table = page.locator('details', { hasText: 'Accuracy of detect' });
    await table.locator('summary').click();
    const heads = await table.locator('thead th > button:first-child').allTextContents();
    expect(heads).toEqual(['Variant', 'F1 at IoU 0.5', 'mAP@0.5', 'Published', 'n']);
    expect(await table.locator('tbody tr').first().textContent()).toMatch(/^\w+([\d.]+\s%){3}240$/);
  });

  it('has every point of the frontier in a table, with the weights that choose it', async () => {
    const { page } = await show(bench);
    const details = page.locator('details', { hasText: 'Table of the best choices, webgpu + wasm' });
    await details.locator('summary').click();
    const points = bench.frontier.filter((point) => point.backends.includes('wasm'));
    const rows = details.locator('tbody tr');
    expect(await rows.count()).toBe(points.length);
    const between = points.findIndex(({ weights }) => weights?.betaMax);
    expect(between).toBeGreaterThan(0);
    expect(await rows.nth(between).locator('td').last().textContent()).toMatch(/^[\d.]+ to 0\.\d+$/);
    expect(await page.getByText('cost (cores + 8 × GPU share) →').count()).toBe(2);
  });

  it('is legible, on a narrow screen too: a bench', async () => {
    const { page } = await show(bench);
    await expect.poll(() => charts(page).count()).toBe(20);
    await expectLegible(page);
  });

  it('is no wider than a narrow screen where a stage and a model have names of the most letters', async () => {
    const long = JSON.stringify(bench)
      .replaceAll('"classify"', `"${'c'.repeat(64)}"`)
      .replaceAll('"det16"', `"${'d'.repeat(64)}"`);
    const { page } = await show(JSON.parse(long));
    await expect.poll(() => charts(page).count()).toBe(20);
    await page.setViewportSize({ width: 320, height: 640 });
    await unfold(page);
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });

  it('has the sign and the word of each flag and mark on one line where it is 800 px wide', async () => {
    const { page } = await show(bench);
    await page.setViewportSize({ width: 800, height: 900 });
    await unfold(page);
    const signs = page.locator('.flag, .mark');
    expect(await signs.count()).toBeGreaterThan(0);
    const broken = await signs.evaluateAll((all) =>
      all.flatMap((sign) => {
        const range = document.createRange();
        range.selectNodeContents(sign);
        const after = sign.nextSibling;
        if (sign.matches('.mark') && after instanceof Text) range.setEnd(after, after.data.search(/\S/) + 1);
        const middles = [...range.getClientRects()].map(({ top, bottom }) => (top + bottom) / 2);
        const isOneLine = Math.max(...middles) - Math.min(...middles) < 5;
        return isOneLine ? [] : [sign.parentElement!.textContent];
      }),
    );
    expect(broken).toEqual([]);
  });

  it('heads its results with the SLA and the load of each set of backends', async () => {
    const facts = async (report: BenchReport) => {
      const { page } = await show(report);
      return page.locator('header .facts').first().textContent();
    };
    expect(await facts(bench)).toMatch(/p95 ≤ 40 ms.*(?<!: )30 requests\/s for 40 s, constant-rate/);
    const report = fashionReport();
    for (const run of report.runs.filter(({ backends }) => backends.length === 1))
      Object.assign(run, { slaMs: 1123, load: { ...run.load, ratePerS: 2.98 } });
    const text = await facts(report);
    expect(text).toContain('webgpu: p95 ≤ 1,123 ms');
    expect(text).toContain('webgpu + wasm: p95 ≤ 40 ms');
    expect(text).toContain('webgpu: 2.98 requests/s for 40 s');
    expect(text).toContain('webgpu + wasm: 30 requests/s for 40 s');
  });

  it('marks the plan among the best choices by its cost and accuracy, and no other choice of its variants', async () => {
    const report = fashionReport();
    const { predicted } = report.runs.find(({ name }) => name === 'plan')!;
    const plan = { ...report.frontier[0]!, cost: predicted.cost, accuracy: predicted.pas! };
    const dearer = { ...plan, cost: predicted.cost + 1, boundMs: plan.boundMs / 2 };
    const { page } = await show({ ...report, frontier: [plan, dearer] });
    const details = page.locator('details', { hasText: 'Table of the best choices' }).first();
    expect(await details.locator('tbody tr').count()).toBe(2);
    expect(await details.locator('tr').evaluateAll((rows) => rows.map((row) => row.className))).toEqual([
      ...['', 'marked', ''],
    ]);
  });

  it('shows time against size, and encoder and steps apart, where a profile has them', async () => {
    const { errors, page } = await show(speechReport());
    expect(await page.locator('#measurements').textContent()).toContain('Calls of 1 to 28 s');
    const bySize = page.locator('details', { hasText: 'Time against size of transcribe' });
    expect(await bySize.locator('svg.chart').count()).toBe(0);
    await bySize.locator('summary').click();
    await expect.poll(() => bySize.locator('svg.chart').count()).toBe(2);
    const first =
      /^(tiny|base), .* seconds .* ms \d+ steps encoder .* ms first step .* ms later steps .* ms$/;
    await expectWalked(page, bySize.locator('figure').first(), first, first);
    await bySize.getByLabel('Batch').selectOption('4');
    await expect.poll(() => bySize.locator('svg.chart').count()).toBe(2);
    const table = page.locator('details', { hasText: 'Table of transcribe' });
    await table.locator('summary').click();
    const heads = await table.locator('thead th > button:first-child').allTextContents();
    expect(heads.slice(-5)).toEqual([
      'Steps',
      'p50, encoder',
      'p50, first step',
      'p50, later steps',
      'Validity',
    ]);
    expect(errors).toEqual([]);
  });

  it('says in words what the flags of cells and runs mean', async () => {
    const report = fashionReport();
    report.runs[0]!.load.valid = false;
    const { page } = await show(report);
    const text = await page.locator('main').textContent();
    expect(text).toMatch(/few-samples\s+\d+ cells: under 20 samples, so there is no p95/);
    expect(text).toMatch(/failed\s+classify\/res16\/webgpu\/1\/4: ModelLoadError/);
    expect(text).toMatch(
      /not valid\s+plan · webgpu \+ wasm: 1 of 100 requests was sent [\d.,]+\sms late or later/,
    );
    // The title and the verdict also say that the run is not valid.
    expect(await page.locator('h1').textContent()).toMatch(/fashion\s*: not valid/);
    expect(await page.title()).toContain('(not valid)');
    expect(await page.locator('.verdict-card h3').allTextContents()).toContain(
      'Not valid: the requests were sent too late for these figures to hold.',
    );
    expect(text).toContain('worker classify-2 was lost');
    // Figures that do not hold neither meet nor miss an SLA, and no sentence repeats them.
    const results = page.locator('#outcome > section', { hasText: 'Not valid' });
    expect(await results.locator('tbody tr').first().locator('.mark').count()).toBe(0);
    expect(await results.locator('.mark').count()).toBe(2);
    expect(await results.locator('> p').count()).toBe(0);
    expect(await results.locator('.verdict-card').textContent()).toContain('Next: Allow more time');
  });

  it('marks a run that attains just what its percentile requires as its verdict does', async () => {
    const report = fashionReport();
    const [run] = report.runs;
    Object.assign(run!, { percentile: 99.9, result: { ...run!.result, slaAttainment: 0.999 } });
    const { page } = await show(report);
    const results = page.locator('#outcome > section', { hasText: 'It held: 99.9' });
    expect(await results.locator('tbody tr').first().locator('.mark').textContent()).toBe('✓');
  });

  it('is valid if only a baseline, which may be overloaded, is not', async () => {
    const report = fashionReport();
    report.runs.find(({ name }) => name === 'heaviest')!.load.valid = false;
    const { page } = await show(report);
    await page.locator('#runs').getByText('not valid').waitFor();
    expect(await page.locator('h1').textContent()).not.toContain('not valid');
    expect(await page.title()).toBe('ipa-edge report: fashion');
  });

  it('says how many items of a cascade went on, beside the predicted share', async () => {
    const [run] = fashionReport().runs;
    const cascade = { stage: 'classify', light: 'cnn8', heavy: 'res32', below: 0.62, predictedShare: 0.072 };
    const { page } = await show({ ...run!, cascades: [{ ...cascade, items: 400, escalated: 32 }] });
    await page.getByText('res32 answered 32 of the 400 items that cnn8 answered first').waitFor();
    expect(await page.locator('#runs').textContent()).toContain('8 of 100 went on, predicted 7 of 100.');
  });

  it('shows hostile text as text', async () => {
    const report: BenchReport = fashionReport();
    report.device.agent = HOSTILE;
    report.runs[0]!.events.push({ atMs: 1, what: HOSTILE });
    report.combinations[0]!.binding = HOSTILE;
    report.combinations[0]!.feasible = false;
    const failed = report.profile.cells.find((cell) => cell.state === 'failed')!;
    failed.error = HOSTILE;
    const { errors, page } = await show(report);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate(() => 'broken' in window)).toBe(false);
    expect(await page.locator('dd', { hasText: 'onerror' }).textContent()).toBe(HOSTILE);
    expect(await page.locator('.notes li', { hasText: 'onerror' }).count()).toBe(2);
    expect(errors).toEqual([]);
  });

  it('shows a single run, without a notice where the adapter is a GPU, and a profile of the CPU without one', async () => {
    const run = fashionReport().runs[0]!;
    run.device.adapter!.software = false;
    const { page } = await show(run);
    expect(await page.locator('h2').allTextContents()).toEqual(['Results', 'Runs', 'Plans']);
    await expect.poll(() => charts(page).count()).toBe(2);
    expect(await page.getByText('SOFTWARE ADAPTER').count()).toBe(0);
    const { profile, ...report } = speechReport();
    const cells = profile.cells.filter(({ backend }) => backend === 'wasm');
    const onCpu = await show({ ...report, profile: { ...profile, cells } });
    expect(await onCpu.page.getByText('SOFTWARE ADAPTER').count()).toBe(0);
  });

  it('refuses what is no report, naming the field', async () => {
    const { page } = await show({ ...fashionReport(), seed: 'x' } as unknown as Report);
    expect(await page.locator('main').textContent()).toMatch(/cannot be shown.*seed: .*found "x"/s);
  });
});
