import { describe, expect, it } from 'vitest';
import { against } from '../../solver/report/against.ts';
import { adaptationReport, adaptiveRun } from './adaptation-fixtures.ts';
import { expectLegible } from './legible.ts';
import { charts, HOSTILE, reportViewer } from './report-viewer.ts';

const show = reportViewer();
/** Tests leave these reports unchanged, so the page loads each once for tests that follow each other. */
const adapted = adaptiveRun();
const comparison = adaptationReport();

describe('the report', () => {
  it('shows a simulated run that adapts: its plans, forecasts and what came of them', async () => {
    const { errors, page } = await show(adapted);
    expect(await page.locator('header').textContent()).toMatch(/SIMULATED.*service times: nothing ran/);
    const section = page.locator('#over-time');
    // The charts show arrival rate, latency, misses, PAS, cost and the two stages.
    await expect.poll(() => section.locator('svg.chart').count()).toBe(7);
    const texts = await section.locator('svg.chart').allTextContents();
    for (const label of ['arrived', 'forecast p90', 'median', 'planned']) expect(texts[0]).toContain(label);
    expect(texts[1]).toMatch(/SLA 500\sms/);
    expect(texts[5]).toMatch(/↑ detect: replicas.*det16 × .*det8 × /);
    expect(texts[6]).toContain('time (s) →');
    const table = section.locator('details', { hasText: 'Table of plans over time' });
    await table.locator('summary').click();
    expect(await table.locator('tbody tr').count()).toBe(adapted.plans.length);
    const first = await table.locator('tbody tr').first().textContent();
    expect(first).toMatch(/^0\.0\u00a0s.*det16 × 1 × 2res32 × 1 × 2/);
    expect(await section.locator('details', { hasText: 'Table of forecasts' }).count()).toBe(1);
    expect(errors).toEqual([]);
  });

  it('is legible, on a narrow screen too: what changes over time', async () => {
    const { page } = await show(adapted);
    await expect.poll(() => charts(page).count()).toBe(9);
    await expectLegible(page);
  });

  it('shows a run over time where its requests are too many to be told', async () => {
    const run = { ...adaptiveRun(), requests: [] };
    const { page } = await show(run);
    expect(await page.locator('#runs svg.chart').count()).toBe(0);
    await expect.poll(() => page.locator('#over-time svg.chart').count()).toBe(7);
  });

  it('tells of every comparison what was found, and opens to its charts and runs', async () => {
    const { errors, page } = await show(comparison);
    const rows = page.locator('.findings tbody tr');
    expect(await rows.count()).toBe(comparison.comparisons.length);
    const { rivals, ours } = comparison.comparisons[0]!;
    const ipa = rivals[0]!;
    const cell = (row: number, head: string) => rows.nth(row).locator(`[data-head="${head}"]`).textContent();
    expect(await cell(0, 'ipa-edge beats IPA')).toContain(
      `IPA: attainment\u00a0${(100 * ipa.slaAttainment).toFixed(1)}`,
    );
    const { atPas } = against(comparison.comparisons[0]!, 'ipa')!;
    expect(await cell(0, 'ipa-edge beats IPA')).toContain(`✓ yes, cost × ${atPas!.costRatio.toFixed(2)}`);
    expect(await cell(0, 'ipa-edge beats IPA-options')).toMatch(
      /^✓ yes, cost × .*at cost of IPA-options: att/,
    );
    expect(await cell(2, 'ipa-edge beats FA2-high')).toMatch(/^✗ no: PAS not reached/);
    expect(await cell(0, 'ipa-edge keeps the SLA')).toMatch(/^✓ yes.*required 99/);

    expect(await charts(page).count()).toBe(0);
    await rows.nth(0).getByRole('link').click();
    // The charts show accuracy for cost, and arrival rate, PAS, cost, p95 and misses over time.
    await expect.poll(() => charts(page).count()).toBe(6);
    const details = page.locator('#comparison-0');
    const texts = await charts(page).allTextContents();
    for (const system of ['IPA', 'FA2-high', 'FA2-low', 'RIM', 'oracle']) {
      expect(texts[0]).toContain(system);
      expect(texts[4]).toContain(system);
    }
    expect(texts[0]).toContain('at PAS of IPA');
    expect(texts[4]).toMatch(/SLA 500\sms/);
    await details.locator('summary', { hasText: 'Table of runs' }).click();
    expect(await details.locator('tbody tr').count()).toBe(rivals.length + 1 + ours.length);
    await details.locator('summary').first().click();
    await expect.poll(() => charts(page).count()).toBe(0);
    expect(errors).toEqual([]);
  });

  it('tells what ipa-edge costs when asked for no more than IPA attains', async () => {
    const report = adaptationReport();
    const first = report.comparisons[0]!;
    const [ipa] = first.rivals;
    const run = { ...first.ours[0]!, pas: ipa!.pas, cost: ipa!.cost / 2, slaAttainment: 0.61, overTime: [] };
    first.matched = [{ rival: 'ipa', ours: [run] }];
    const { page } = await show(report);
    const cells = page.locator('.findings [data-head="ipa-edge beats IPA"]');
    expect(await cells.nth(0).textContent()).toMatch(
      /asked for the attainment of IPA, without standbys: cost × 0\.50 · attainment\u00a061\.0/,
    );
    expect(await cells.nth(1).textContent()).not.toContain('asked for');
    expect(await page.locator('main p.muted').first().textContent()).toContain('had to attain only as much');
  });

  it('is legible, on a narrow screen too: a comparison', async () => {
    const { page } = await show(comparison);
    await page.locator('.findings a').first().click();
    await expect.poll(() => charts(page).count()).toBe(6);
    await expectLegible(page);
  });

  it('counts the comparisons by figures of no single weight of cost, and leaves out training loads', async () => {
    const report = adaptationReport();
    const [first] = report.comparisons;
    // Only the run of ipa-edge that is compared with IPA, the one at IPA's PAS, attains too little.
    first!.ours[1]!.slaAttainment = 0.5;
    const { page } = await show(report);
    const text = await page.locator('main p').first().textContent();
    expect(report.comparisons.map(({ training }) => training)).toEqual([false, false, false, true]);
    expect(text).toBe(
      'Of 3 comparisons, ipa-edge beats IPA in 2, beats IPA-options in 2, beats FA2-high in 2, keeps the SLA in 2.',
    );
    expect(await page.locator('.findings tbody th').last().textContent()).toContain(
      'training load, not counted',
    );
  });

  it('shows a comparison with hostile text, without drawn runs and without the systems that the verdict names', async () => {
    const report = adaptationReport();
    const hostile = report.comparisons[0]!;
    hostile.workload = HOSTILE;
    hostile.rivals = hostile.rivals.filter(({ system }) => system === 'rim');
    for (const run of [...hostile.rivals, ...hostile.ours, hostile.oracle]) run.overTime = [];
    const { errors, page } = await show(report);
    await page.locator('.findings a').first().click();
    await expect.poll(() => charts(page).count()).toBe(1);
    expect(await page.locator('.findings a').first().textContent()).toBe(HOSTILE);
    expect(await page.locator('.findings [data-head="ipa-edge beats IPA"]').first().textContent()).toBe('–');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate(() => 'broken' in window)).toBe(false);
    expect(errors).toEqual([]);
  });
});
