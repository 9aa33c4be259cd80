import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright';
import { describe, expect, it, onTestFinished } from 'vitest';
import { roundTripsMs } from '../../solver/documents/cell.ts';
import { parsePlan } from '../../solver/documents/plan.ts';
import { type ProfileReport, parseReport, type Report } from '../../solver/documents/report.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { summaryOf } from '../../solver/math/statistics.ts';
import { reportIn } from '../../solver/report/inject.ts';
import { frontierOnce } from '../../workers/planner/once.ts';
import { pipeline } from '../solver/pipelines.ts';
import { fashionProfile, HOSTILE } from './fixtures.ts';
import {
  choose,
  drop,
  dropProfiles,
  frontier,
  openPage,
  openProfile,
  planned,
  profileFile,
  saved,
  section,
  unfoldAdvanced,
} from './opened-page.ts';
import { fashionReport } from './report-fixtures.ts';
import { servePageWithTestEngine } from './serve.ts';
import { sharedPage } from './shared-page.ts';

const problemOf = (page: Page) => page.locator('.page-problem [role=alert]');

describe('files that go out', () => {
  // The last profile is the one that is opened.
  const tab = sharedPage(async (page) => {
    await dropProfiles(page, 2, 1);
    await planned(page);
  }, servePageWithTestEngine);

  const setSla = (slaMs: string) =>
    tab.page.getByRole('spinbutton', { name: 'Time limit (SLA)', exact: true }).fill(slaMs);
  const savedPlan = async () =>
    parsePlan(JSON.parse(await saved(tab.page, 'Save plan JSON')), 'the saved plan');
  /** Drops a run, and waits until it is opened. */
  async function dropRun(name: string, run: RunReport, changed: Partial<RunReport> = {}): Promise<void> {
    await drop(tab.page, [{ name, text: JSON.stringify({ ...run, ...changed }) }]);
    await tab.page.getByText(`Opened ${name}: `).waitFor();
  }
  /** Saves a report once the frontier of the plan is drawn. */
  async function savedReport(): Promise<Report> {
    await planned(tab.page);
    await frontier(tab.page).waitFor();
    return parseReport(JSON.parse(reportIn(await saved(tab.page, 'Save report HTML'))!), 'the saved report');
  }

  it('while everything is saved, which takes a while with many profiles, the page says so', async () => {
    const status = tab.page.locator('.exports li').last().locator('[role=status]').last();
    await status.evaluate((one) => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      new MutationObserver(() => heard.push(one.textContent)).observe(one, { childList: true });
    });
    await saved(tab.page, 'Save everything JSON');
    await expect.poll(() => tab.page.evaluate('heard')).toEqual(['Saving …', '']);
  });

  it('the report is one file that shows the profile and its plan without the page', async () => {
    const html = await saved(tab.page, 'Save report HTML');
    const folder = await mkdtemp(join(tmpdir(), 'ipa-edge-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'report.html');
    await writeFile(file, html);
    const report = await tab.context.newPage();
    const asked: string[] = [];
    report.on('request', (request) => asked.push(request.url()));
    await report.goto(pathToFileURL(file).href);
    await report.locator('h1').waitFor();
    expect(await report.locator('h2').allTextContents()).toEqual(['Plan', 'Measurements']);
    // The charts show the bound by stage, the frontier, and latency and throughput of 2 stages on 2 backends.
    await expect.poll(() => report.locator('svg.chart').count()).toBe(2 + 2 * 4);
    expect(asked.filter((url) => !/^(file|data):/.test(url))).toEqual([]);
  });

  it('the report has the last run and its frontier while the run is of the current plan, and after a change of the settings the new plan with its own', async () => {
    await setSla('77');
    await planned(tab.page);
    const plan = await savedPlan();
    await dropRun('first.json', fashionReport().runs[0]!, { slaMs: 77, plans: [{ atMs: 0, plan }] });
    const ofRun = await savedReport();
    expect(ofRun).toMatchObject({ kind: 'bench', runs: [{ slaMs: 77 }] });
    await setSla('150');
    const ofPlan = await savedReport();
    expect(ofPlan).toMatchObject({ kind: 'profile', plan: { slaMs: 150 } });

    // This run names only the backends of its plan, as a run of `ipa-edge run` does.
    const later = await savedPlan();
    const backends = [...new Set(later.workers.map(({ backend }) => backend))];
    expect(backends).toHaveLength(1);
    const changed = { slaMs: 150, backends, plans: [{ atMs: 0, plan: later }] };
    await dropRun('second.json', fashionReport().runs[1]!, changed);
    expect(await savedReport()).toMatchObject({ kind: 'bench', runs: [{ backends }] });

    const request = (slaMs: number) => ({ slaMs, ratePerS: plan.ratePerS, percentile: plan.percentile });
    for (const [report, slaMs] of [
      [ofRun, 77],
      [ofPlan, 150],
    ] as const)
      expect((report as ProfileReport).frontier).toEqual(
        await frontierOnce(fashionProfile(), request(slaMs)),
      );
  });

  it('everything is exported, imported elsewhere exports the same bytes, and imported here leaves the plan that was pinned since', async () => {
    await setSla('88');
    await unfoldAdvanced(tab.page.locator('.settings'));
    await tab.page.getByLabel('Seed of the order', { exact: true }).fill('9');
    await tab.page.getByLabel('Seed of the order', { exact: true }).blur();
    await tab.page.getByLabel('Duration (s)').fill('33');
    await planned(tab.page);
    await dropRun('last.json', fashionReport().runs[0]!);
    const told = await tab.page.locator('.outcome > p').first().textContent();
    const text = await saved(tab.page, 'Save everything JSON');

    const elsewhere = await openPage(tab.site.browser, tab.site.url);
    await choose(elsewhere.page, { name: 'all.json', text });
    await planned(elsewhere.page);
    await expect.poll(() => section(elsewhere.page)).toBe('#results');
    expect(await elsewhere.page.locator('.saved li').count()).toBe(2);
    expect(await elsewhere.page.getByLabel('Seed of the order', { exact: true }).inputValue()).toBe('9');
    expect(await elsewhere.page.getByLabel('Duration (s)').inputValue()).toBe('33');
    expect(await elsewhere.page.locator('.outcome > p').first().textContent()).toBe(told);
    expect(await saved(elsewhere.page, 'Save everything JSON')).toBe(text);
    expect(elsewhere.complaints).toEqual([]);
    await elsewhere.context.close();

    // `text` was saved before a plan was pinned: opening it again keeps the pinned plan.
    await tab.page.getByRole('button', { name: 'Pin to compare' }).click();
    const pinned = tab.page.getByRole('region', { name: 'Pinned plan beside this one' });
    await pinned.waitFor();
    await tab.page.getByRole('link', { name: 'Share', exact: true }).click();
    await choose(tab.page, { name: 'everything.json', text });
    await expect.poll(() => section(tab.page)).toBe('#results');
    await planned(tab.page);
    expect(await pinned.count()).toBe(1);
  });

  it('everything is exported but a profile that a newer version of the page saved, which is named', async () => {
    await tab.page.evaluate(async () => {
      const done = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve) => {
          request.onsuccess = () => resolve(request.result);
        });
      const database = await done(indexedDB.open('ipa-edge'));
      const table = database.transaction('profiles', 'readwrite').objectStore('profiles');
      const [row] = await done(table.getAll());
      await done(table.put({ ...row, text: row.text.replace('ipa-edge/profile@1', 'ipa-edge/profile@9') }));
      database.close();
    });
    const text = await saved(tab.page, 'Save everything JSON');
    expect(JSON.parse(text).profiles).toHaveLength(1);
    expect(await problemOf(tab.page).textContent()).toMatch(/saved but.*\nfashion, 20 Nov 2026.*profile@9/);
  });
});

describe('a page without profiles', () => {
  const shown = sharedPage(async () => {}, servePageWithTestEngine);

  it('everything is opened elsewhere also where a profile is so slow that the form takes no SLA that suits it', async () => {
    const profile = fashionProfile();
    for (const cell of profile.cells)
      if (cell.state === 'measured') {
        cell.inferenceMs = cell.inferenceMs.map((ms) => 1e5 * ms);
        cell.latencyMs = summaryOf(roundTripsMs(cell));
      }
    await openProfile(shown.page, profile);
    expect(await shown.page.getByRole('button', { name: /^Use an SLA/ }).count()).toBe(0);
    const text = await saved(shown.page, 'Save everything JSON');
    await drop(shown.page, [{ name: 'all.json', text }]);
    await shown.page.getByText('Opened all.json: an archive of 1 profile').waitFor();
  });

  it('an archive may have more than a thousand profiles, because everything is saved as one while it is small enough', async () => {
    const everything = JSON.parse(await saved(shown.page, 'Save everything JSON'));
    const small = pipeline({ stages: { a: { s: { accuracy: 0.7, ms: 5 } } }, batches: [1] });
    const text = JSON.stringify({ ...everything, profiles: Array(1001).fill(small), opened: null });
    await drop(shown.page, [{ name: 'many.json', text }]);
    await shown.page.getByText('Opened many.json: an archive of 1,001 profiles').waitFor();
  });

  describe('the link with the settings', () => {
    const link = () => shown.page.getByLabel('Link with these settings').inputValue();

    it('opens the page with them, and a reload keeps what was changed since', async () => {
      await shown.page.locator('.chip', { hasText: '64' }).click();
      await shown.page.getByLabel('Budget (s)', { exact: true }).fill('33');
      await shown.page.getByLabel('Budget (s)', { exact: true }).blur();
      const address = await link();
      await shown.page.goto('about:blank');
      await shown.page.goto(address);
      await expect.poll(() => shown.page.getByLabel('Budget (s)', { exact: true }).inputValue()).toBe('33');
      expect(await shown.page.getByRole('checkbox', { name: '64' }).isChecked()).toBe(true);
      expect(await link()).toBe(address);
      expect(shown.page.url()).not.toContain('settings');
    });

    it('from a machine with more cores leaves out the thread counts that this one does not have', async () => {
      const linked = JSON.parse(decodeURIComponent((await link()).split('#settings=')[1]!));
      linked.measure.threads = [1, 1024];
      await shown.page.goto('about:blank');
      await shown.page.goto(`${shown.site.url}#settings=${encodeURIComponent(JSON.stringify(linked))}`);
      await unfoldAdvanced(shown.page.locator('.settings'));
      const threads = shown.page.getByRole('group', { name: 'Threads, on wasm' });
      expect(await threads.getByRole('checkbox', { name: '1', exact: true }).isChecked()).toBe(true);
      expect(await threads.getByRole('checkbox', { name: '1024' }).count()).toBe(0);
    });

    it('leaves out the backends and cores that the opened profile does not have', async () => {
      const all = fashionProfile();
      const onWasm = { ...all, cells: all.cells.filter(({ backend }) => backend === 'wasm') };
      await choose(shown.page, profileFile(onWasm, 'wasm.json'));
      await shown.page.getByText('Opened wasm.json: ').waitFor();
      await planned(shown.page);
      const linked = JSON.parse(decodeURIComponent((await link()).split('#settings=')[1]!));
      Object.assign(linked.plan, { backends: ['webgpu'], cores: 1024, slaMs: 321 });
      delete linked.profile;
      await shown.page.goto(`${shown.site.url}#settings=${encodeURIComponent(JSON.stringify(linked))}`);
      await shown.page.getByText(/answered within 321\sms/).waitFor();
      expect(await shown.page.getByRole('spinbutton', { name: 'Cores', exact: true }).inputValue()).toBe('8');
    });

    it('that is no JSON, has a wrong field or markup, or is badly escaped, is refused', async () => {
      const { page } = shown;
      const problem = problemOf(page);
      const budget = await page.getByLabel('Budget (s)', { exact: true }).inputValue();
      await page.goto('about:blank');
      for (const [settings, why] of [
        ['%7B', /not valid/],
        [encodeURIComponent('{"measure":{"budgetS":-1}}'), /measure\.budgetS/],
        [
          encodeURIComponent('{"measure":{"backends":["wasm","wasm"]}}'),
          /measure\.backends: expected each backend once/,
        ],
        [encodeURIComponent(JSON.stringify(HOSTILE)), /not valid/],
        ['%E0%A4%A', /not valid/],
      ] as const) {
        await page.goto(`${shown.site.url}#settings=${settings}`);
        await problem.waitFor();
        expect(await problem.textContent()).toMatch(why);
        expect(await problem.textContent()).toContain('Ask whoever sent the link to copy it again, whole.');
        expect(await page.locator('img').count()).toBe(0);
        expect(await page.getByLabel('Budget (s)', { exact: true }).inputValue()).toBe(budget);
        await page.getByRole('button', { name: 'Close', exact: true }).click();
        await problem.waitFor({ state: 'detached' });
      }
    });
  });

  it('a page without a clipboard, as on a host without https, says where to copy the link, and the closed message leaves the focus there', async () => {
    const { page } = shown;
    const problem = problemOf(page);
    await page.evaluate(() => Reflect.deleteProperty(Navigator.prototype, 'clipboard'));
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await problem.getByText('Select it in its field').waitFor();
    await page.getByRole('button', { name: 'Close', exact: true }).press('Enter');
    await problem.waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('messages');
  });
});
