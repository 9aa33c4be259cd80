import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright';
import { describe, expect, it } from 'vitest';
import { parsePlan } from '../../solver/documents/plan.ts';
import { type ProfileReport, parseReport, type Report } from '../../solver/documents/report.ts';
import { summaryOf } from '../../solver/math/statistics.ts';
import { reportIn } from '../../solver/report/inject.ts';
import { frontierOnce } from '../../workers/planner/planner.ts';
import { fashionProfile } from './fixtures.ts';
import {
  choose,
  drop,
  frontier,
  openPage,
  planned,
  profileFile,
  saved,
  section,
  unfoldAdvanced,
} from './opened-page.ts';
import { fashionReport } from './report-fixtures.ts';
import { openedPage, servePageWithTestEngine } from './serve.ts';

const HOSTILE = '</script><img src=x onerror="window.broken = 1"> $& =cmd()';

const tab = openedPage(servePageWithTestEngine);

const problem = () => tab.page.locator('.page-problem [role=alert]');
const savedProfiles = () => tab.page.locator('.saved li');

describe('files that come in', () => {
  it('a profile that is dropped anywhere is saved, opened, shown and planned', async () => {
    await drop(tab.page, [profileFile(fashionProfile())]);
    await planned(tab.page);
    expect(section(tab.page)).toBe('#results');
    expect(await savedProfiles().count()).toBe(1);
    expect(await tab.page.locator('.drop-zone').count()).toBe(0);
  });

  it("a profile of Node's cpu has no notice of a software GPU, and a fine clock that is not called 0", async () => {
    const browser = fashionProfile();
    const device = { ...browser.device, environment: 'node' as const, timerGrainMs: 0.000_04 };
    const cells = browser.cells
      .filter((cell) => cell.backend === 'wasm')
      .map((cell) => ({ ...cell, backend: 'cpu' as const }));
    await drop(tab.page, [profileFile({ ...browser, device, cells })]);
    await planned(tab.page);
    expect(await tab.page.getByText('software GPU').count()).toBe(0);
    const clock = tab.page.locator('#results .facts > div', { hasText: 'Timer grain' });
    await expect.poll(() => clock.locator('dd').textContent()).toBe('< 0.001\u00a0ms');
  });

  it('a profile in which a coarse clock measured times as 0 is drawn', async () => {
    const fine = fashionProfile();
    const cells = fine.cells.map((cell) => {
      if (cell.state !== 'measured' || cell.variant !== 'linear') return cell;
      // Only the last runs took a step of the clock.
      const inferenceMs = cell.inferenceMs.map((_, i) => (i < cell.inferenceMs.length - 2 ? 0 : 0.1));
      return {
        ...cell,
        inferenceMs,
        handlingMs: inferenceMs.map(() => 0),
        latencyMs: summaryOf(inferenceMs),
      };
    });
    await drop(tab.page, [profileFile({ ...fine, cells })]);
    await planned(tab.page);
    await tab.page.locator('#results svg.chart').first().waitFor();
    const paths = await tab.page
      .locator('#results svg.chart path')
      .evaluateAll((all) => all.map((path) => path.getAttribute('d')));
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) expect(path).not.toMatch(/NaN|Infinity/);
  });

  it('several at once are all saved', async () => {
    await drop(
      tab.page,
      [1, 2, 3].map((seed) => profileFile(fashionProfile(seed), `${seed}.json`)),
    );
    await expect.poll(() => savedProfiles().count()).toBe(3);
  });

  it('what is no profile is refused, and why is said', async () => {
    for (const [text, why] of [
      ['{"schema": "ipa-edge/pro', /broken\.json is not JSON/],
      ['{"a": 1}', /broken\.json is JSON without a "schema"/],
      ['{"schema": "ipa-edge/else@1"}', /broken\.json is a document "ipa-edge\/else@1"/],
      ['{"schema": "constructor@1"}', /broken\.json is a document "constructor@1"/],
      ['{"schema": "ipa-edge/plan@9"}', /"ipa-edge\/plan@1" is read here/],
      ['<!doctype html><p>news', /a web page without a report/],
      ['{"schema": "ipa-edge/profile@9"}', /"ipa-edge\/profile@1" is read here/],
      ['{"schema": "ipa-edge/profile@1", "cells": 3}', /cells: .*found 3/s],
    ] as const) {
      await drop(tab.page, [{ name: 'broken.json', text }]);
      await problem().waitFor();
      expect(await problem().textContent()).toMatch(why);
      expect(await savedProfiles().count()).toBe(0);
      await tab.page.getByRole('button', { name: 'Close' }).click();
      expect(await problem().count()).toBe(0);
    }
  });

  it('a broken one is refused without the others that were given with it', async () => {
    await drop(tab.page, [{ name: 'broken.json', text: '{' }, profileFile(fashionProfile())]);
    await problem().waitFor();
    expect(await problem().textContent()).toContain('broken.json');
    await planned(tab.page);
    expect(await savedProfiles().count()).toBe(1);
  });

  it('one of a newer version is refused without the others that were given after it', async () => {
    const newer = JSON.stringify({ ...fashionProfile(1), schema: 'ipa-edge/profile@2' });
    await drop(tab.page, [{ name: 'newer.json', text: newer }, profileFile(fashionProfile(2))]);
    await problem().waitFor();
    expect(await problem().textContent()).toContain('newer.json');
    await planned(tab.page);
    expect(await savedProfiles().count()).toBe(1);
  });

  it('a refused document is named even if an archive that was given with it fails too', async () => {
    await drop(tab.page, [
      { name: 'broken.json', text: '{' },
      { name: 'broken.tar', text: 'no archive' },
    ]);
    await problem().waitFor();
    expect(await problem().textContent()).toContain('broken.json');
  });

  it('a huge file is refused by its size, unread', async () => {
    const data = await tab.page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      const part = new Uint8Array(1e6);
      transfer.items.add(new File(Array(70).fill(part), 'huge.json'));
      return transfer;
    });
    for (const type of ['dragover', 'drop'])
      await tab.page.dispatchEvent('main', type, { dataTransfer: data });
    await problem().waitFor();
    expect(await problem().textContent()).toContain('huge.json has 70 MB; this page reads at most 64 MB');
  });

  it('hostile text in a profile stays text', async () => {
    const hostile = fashionProfile();
    hostile.device.agent = HOSTILE;
    hostile.device.platform = HOSTILE;
    hostile.stages[0]!.metric = HOSTILE.slice(0, 60);
    hostile.cells.find((cell) => cell.state === 'failed')!.error = HOSTILE;
    await choose(tab.page, profileFile(hostile, `${HOSTILE}.json`));
    await planned(tab.page);
    expect(await tab.page.locator('img').count()).toBe(0);
    expect(await tab.page.evaluate(() => 'broken' in window)).toBe(false);
    expect(await tab.page.locator('#results dd', { hasText: 'onerror' }).first().textContent()).toContain(
      HOSTILE,
    );
    const csv = await saved(tab.page, 'Save cells CSV');
    expect(csv).toContain('"</script><img src=x onerror=""window.broken = 1"">');
  });
});

describe('files that go out', () => {
  it('everything is exported, and imported elsewhere exports the same bytes', async () => {
    await drop(
      tab.page,
      [1, 2].map((seed) => profileFile(fashionProfile(seed), `${seed}.json`)),
    );
    await planned(tab.page);
    await tab.page.getByRole('spinbutton', { name: 'Time limit (SLA)', exact: true }).fill('77');
    await unfoldAdvanced(tab.page.locator('.settings'));
    await tab.page.getByLabel('Seed of the order').fill('9');
    await tab.page.getByLabel('Seed of the order').blur();
    await tab.page.getByLabel('Duration (s)').fill('33');
    await planned(tab.page);
    const text = await saved(tab.page, 'Save everything JSON');

    const elsewhere = await openPage(tab.site.browser, tab.site.url);
    await choose(elsewhere.page, { name: 'all.json', text });
    await planned(elsewhere.page);
    expect(section(elsewhere.page)).toBe('#results');
    expect(await elsewhere.page.locator('.saved li').count()).toBe(2);
    expect(await elsewhere.page.getByLabel('Seed of the order').inputValue()).toBe('9');
    expect(await elsewhere.page.getByLabel('Duration (s)').inputValue()).toBe('33');
    expect(await saved(elsewhere.page, 'Save everything JSON')).toBe(text);
    expect(elsewhere.complaints).toEqual([]);
    await elsewhere.context.close();
  });

  it('everything, saved before a plan was pinned, leaves the pinned plan when it is opened again', async () => {
    await choose(tab.page, profileFile(fashionProfile()));
    await planned(tab.page);
    const text = await saved(tab.page, 'Save everything JSON');
    await tab.page.getByRole('button', { name: 'Pin to compare' }).click();
    const pinned = tab.page.getByRole('region', { name: 'Pinned plan beside this one' });
    await pinned.waitFor();
    await tab.page.getByRole('link', { name: 'Share', exact: true }).click();
    await choose(tab.page, { name: 'everything.json', text });
    await expect.poll(() => section(tab.page)).toBe('#results');
    expect(await pinned.count()).toBe(1);
  });

  it('the report is one file that shows the profile and its plan without the page', async () => {
    await choose(tab.page, profileFile(fashionProfile()));
    await planned(tab.page);
    const html = await saved(tab.page, 'Save report HTML');
    const folder = await mkdtemp(join(tmpdir(), 'ipa-edge-'));
    try {
      const file = join(folder, 'report.html');
      await writeFile(file, html);
      const report = await tab.context.newPage();
      const asked: string[] = [];
      report.on('request', (request) => asked.push(request.url()));
      await report.goto(pathToFileURL(file).href);
      await report.locator('h1').waitFor();
      expect(await report.locator('h2').allTextContents()).toEqual(['Plan', 'Measurements']);
      // The bound by stage, the frontier; latency and throughput of 2 stages on 2 backends.
      await expect.poll(() => report.locator('svg.chart').count()).toBe(2 + 2 * 4);
      expect(asked.filter((url) => !/^(file|data):/.test(url))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the report of a plan and the last run', () => {
  const setSla = (slaMs: string) =>
    tab.page.getByRole('spinbutton', { name: 'Time limit (SLA)', exact: true }).fill(slaMs);
  /** Saves a report once the frontier of the plan is drawn. */
  async function savedReport(): Promise<Report> {
    await planned(tab.page);
    await frontier(tab.page).waitFor();
    return parseReport(JSON.parse(reportIn(await saved(tab.page, 'Save report HTML'))!), 'the saved report');
  }

  it('has the run and its frontier while the run is of the current plan, and after a change of the settings the new plan with its own', async () => {
    await choose(tab.page, profileFile(fashionProfile()));
    await setSla('77');
    await planned(tab.page);
    const plan = parsePlan(JSON.parse(await saved(tab.page, 'Save plan JSON')), 'the saved plan');
    const [run] = fashionReport().runs;
    await drop(tab.page, [
      { name: 'run.json', text: JSON.stringify({ ...run!, slaMs: 77, plans: [{ atMs: 0, plan }] }) },
    ]);
    await tab.page.locator('#try .outcome').waitFor();
    const ofRun = await savedReport();
    expect(ofRun).toMatchObject({ kind: 'bench', runs: [{ slaMs: 77 }] });
    await setSla('150');
    const ofPlan = await savedReport();
    expect(ofPlan).toMatchObject({ kind: 'profile', plan: { slaMs: 150 } });
    const request = (slaMs: number) => ({ slaMs, ratePerS: plan.ratePerS, percentile: plan.percentile });
    for (const [report, slaMs] of [
      [ofRun, 77],
      [ofPlan, 150],
    ] as const)
      expect((report as ProfileReport).frontier).toEqual(
        await frontierOnce(fashionProfile(), request(slaMs)),
      );
  });

  it('has a run whose backends are only those of the plan, as `ipa-edge run` makes it', async () => {
    await choose(tab.page, profileFile(fashionProfile()));
    await planned(tab.page);
    const plan = parsePlan(JSON.parse(await saved(tab.page, 'Save plan JSON')), 'the saved plan');
    const { slaMs, workers } = plan;
    const backends = [...new Set(workers.map(({ backend }) => backend))];
    expect(backends).toHaveLength(1);
    const run = { ...fashionReport().runs[0]!, slaMs, backends, plans: [{ atMs: 0, plan }] };
    await drop(tab.page, [{ name: 'run.json', text: JSON.stringify(run) }]);
    await tab.page.locator('#try .outcome').waitFor();
    expect(await savedReport()).toMatchObject({ kind: 'bench', runs: [{ backends }] });
  });
});

describe('each file that the page writes is read again, and shown where it belongs', () => {
  /** A browser in which nothing is saved. */
  async function elsewhere(look: (page: Page) => Promise<void>): Promise<void> {
    const other = await openPage(tab.site.browser, tab.site.url);
    await look(other.page);
    expect(other.complaints).toEqual([]);
    await other.context.close();
  }

  it('a plan: pinned, with its settings, and alone where its profile is not', async () => {
    await choose(tab.page, profileFile(fashionProfile()));
    await planned(tab.page);
    const sla = tab.page.getByRole('spinbutton', { name: 'Time limit (SLA)', exact: true });
    await sla.fill('77');
    await planned(tab.page);
    const text = await saved(tab.page, 'Save plan JSON');
    await sla.fill('150');
    await planned(tab.page);
    await drop(tab.page, [{ name: 'plan.json', text }]);
    await expect.poll(() => sla.inputValue()).toBe('77');
    await tab.page.getByRole('region', { name: 'Pinned plan beside this one' }).waitFor();
    expect(section(tab.page)).toBe('#plan');
    await drop(tab.page, [{ name: 'huge.json', text: text.replace('"slaMs":77', '"slaMs":1e308') }]);
    await problem().getByText('expected an SLA of at most 1000000 ms').waitFor();
    await elsewhere(async (other) => {
      await drop(other, [{ name: 'plan.json', text }]);
      await other.locator('#plan').getByText('A plan of fashion').waitFor();
      expect(await other.locator('#plan').textContent()).toContain('is not saved in this browser');
      expect(section(other)).toBe('#plan');
    });
  });

  it('a report with its profile and plan', async () => {
    await choose(tab.page, profileFile(fashionProfile()));
    await planned(tab.page);
    const profile = await saved(tab.page, 'Save profile JSON');
    const html = await saved(tab.page, 'Save report HTML');
    await elsewhere(async (other) => {
      await drop(other, [{ name: 'report.html', text: html }]);
      await planned(other);
      expect(section(other)).toBe('#results');
      expect(await saved(other, 'Save profile JSON')).toBe(profile);
      await other.getByRole('region', { name: 'Pinned plan beside this one' }).waitFor();
    });
  });

  it('a table of cells: beside another profile, once that is opened, with what it cannot tell', async () => {
    const node = fashionProfile(2);
    node.device = { ...node.device, agent: 'Node 22', adapter: null };
    node.cells = node.cells
      .filter(({ backend }) => backend === 'wasm')
      .map((one) => ({ ...one, backend: 'cpu' }));
    await drop(tab.page, [profileFile(node)]);
    await planned(tab.page);
    const text = await saved(tab.page, 'Save cells CSV');
    await elsewhere(async (other) => {
      await choose(other, { name: 'cells.csv', text });
      await other.locator('#results').getByText('cells.csv is ready to be compared').waitFor();
      await expect.poll(() => section(other)).toBe('#results');
      await choose(other, profileFile(fashionProfile(1)));
      await planned(other);
      const compare = other.locator('.compare');
      await compare.getByRole('application', { name: /^detect: cpu against wasm/ }).waitFor();
      expect(await compare.textContent()).toMatch(/cells\.csv has the cells.*not tell samples, accuracies/);
      expect(await compare.textContent()).toMatch(/Runs in:.*against Node 22/);
      await choose(other, { name: 'half.csv', text: text.slice(0, text.length / 2) });
      await other.locator('.page-problem').getByText('half.csv is not valid').waitFor();
    });
  });

  it('a run with what it measured, and a trace as the load', async () => {
    const report = fashionReport();
    await drop(tab.page, [{ name: 'run.json', text: JSON.stringify(report.runs[0]) }]);
    await tab.page.locator('#try .outcome').waitFor();
    expect(section(tab.page)).toBe('#try');
    await drop(tab.page, [
      {
        name: 'bench.html',
        text: `<script type="application/json" id="report">${JSON.stringify(report)}</script>`,
      },
    ]);
    await planned(tab.page);
    await tab.page.locator('.saved li.marked').waitFor();
    await drop(tab.page, [{ name: 'trace.json', text: '{"rates": [6, 5, 7]}' }]);
    await tab.page.locator('.trace-drop', { hasText: 'trace.json: 3 rates' }).waitFor();
    expect(await tab.page.getByLabel('Duration (s)').inputValue()).toBe('3');
  });
});

describe('the link with the settings', () => {
  const link = () => tab.page.getByLabel('Link with these settings').inputValue();

  it('opens the page with them, and a reload keeps what was changed since', async () => {
    await tab.page.locator('.chip', { hasText: '64' }).click();
    await tab.page.getByLabel('Budget (s)').fill('33');
    await tab.page.getByLabel('Budget (s)').blur();
    const address = await link();
    await tab.page.goto('about:blank');
    await tab.page.goto(address);
    await expect.poll(() => tab.page.getByLabel('Budget (s)').inputValue()).toBe('33');
    expect(await tab.page.getByRole('checkbox', { name: '64' }).isChecked()).toBe(true);
    expect(await link()).toBe(address);
    expect(tab.page.url()).not.toContain('settings');
  });

  it('that is no JSON, has a wrong field or markup, or is badly escaped, is refused', async () => {
    for (const [settings, why] of [
      ['%7B', /not valid/],
      [encodeURIComponent('{"measure":{"budgetS":-1}}'), /measure\.budgetS/],
      [encodeURIComponent(JSON.stringify(HOSTILE)), /not valid/],
      ['%E0%A4%A', /not valid/],
    ] as const) {
      await tab.page.goto('about:blank');
      await tab.page.goto(`${tab.site.url}#settings=${settings}`);
      await problem().waitFor();
      expect(await problem().textContent()).toMatch(why);
      expect(await tab.page.locator('img').count()).toBe(0);
      expect(await tab.page.getByLabel('Budget (s)').inputValue()).toBe('120');
    }
  });
});
