import type { Page } from 'playwright';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Profile } from '../../solver/documents/profile.ts';
import { summaryOf } from '../../solver/math/statistics.ts';
import { reportIn } from '../../solver/report/inject.ts';
import { cellsOfNode, fashionProfile, HOSTILE } from './fixtures.ts';
import {
  choose,
  drop,
  dropProfiles,
  openProfile,
  planned,
  profileFile,
  saved,
  section,
} from './opened-page.ts';
import { fashionReport } from './report-fixtures.ts';
import { servePageWithTestEngine } from './serve.ts';
import { deleteProfiles, sharedPage } from './shared-page.ts';

const told = (page: Page) => page.locator('.messages [role=status]');
const savedProfiles = (page: Page) => page.locator('.saved li');

describe('files that come in', () => {
  const tab = sharedPage(undefined, servePageWithTestEngine);
  const problem = () => tab.page.locator('.page-problem [role=alert]');
  const closeProblem = () => tab.page.locator('.page-problem').getByRole('button', { name: 'Close' }).click();

  /** Drops a profile, and waits until it is opened and planned. */
  async function opens(profile: Profile, name: string): Promise<void> {
    await drop(tab.page, [profileFile(profile, name)]);
    await told(tab.page).getByText(`Opened ${name}: a profile of fashion.`).waitFor();
    await planned(tab.page);
  }

  it('profiles that are dropped anywhere are all saved, and the last one is opened, shown and planned', async () => {
    await dropProfiles(tab.page, 1, 2, 3);
    await planned(tab.page);
    await expect.poll(() => section(tab.page)).toBe('#results');
    await expect.poll(() => savedProfiles(tab.page).count()).toBe(3);
    expect(await tab.page.locator('.drop-zone').count()).toBe(0);
  });

  it('of many documents the message names five, and counts the others', async () => {
    await dropProfiles(tab.page, 1, 2, 3, 4, 5, 6, 7);
    await expect
      .poll(() => told(tab.page).locator('p').textContent())
      .toMatch(/^(Opened \d\.json: .*\n){5}And 2 more files\.$/);
  });

  it('while many documents are opened, the message counts them', async () => {
    const counted = tab.page.evaluate(
      () =>
        new Promise((resolve) => {
          const messages = document.querySelector('.messages [role=status]')!;
          new MutationObserver(() => {
            if (messages.textContent?.includes('Opening file 3 of 7 …')) resolve(true);
          }).observe(messages, { childList: true, subtree: true, characterData: true });
        }),
    );
    await dropProfiles(tab.page, 1, 2, 3, 4, 5, 6, 7);
    expect(await counted).toBe(true);
    await told(tab.page).getByText('And 2 more files.').waitFor();
  });

  it("a profile of Node's cpu has no notice of a software GPU, and a fine clock that is not called 0", async () => {
    const browser = fashionProfile();
    const device = { ...browser.device, environment: 'node' as const, timerGrainMs: 0.000_04 };
    await opens({ ...browser, device, cells: cellsOfNode(browser) }, 'node.json');
    expect(await tab.page.getByText('software GPU').count()).toBe(0);
    const clock = tab.page.locator('#results .facts > div', { hasText: 'Timer grain' });
    await expect.poll(() => clock.locator('dd').textContent()).toBe('< 0.001\u00a0ms');
  });

  it('a profile in which a coarse clock measured times as 0 is drawn', async () => {
    const fine = fashionProfile();
    const cells = fine.cells.map((cell) => {
      if (cell.state !== 'measured' || cell.variant !== 'linear') return cell;
      // The coarse clock advanced only during the last two runs.
      const inferenceMs = cell.inferenceMs.map((_, i) => (i < cell.inferenceMs.length - 2 ? 0 : 0.1));
      return {
        ...cell,
        inferenceMs,
        handlingMs: inferenceMs.map(() => 0),
        latencyMs: summaryOf(inferenceMs),
      };
    });
    await opens({ ...fine, cells }, 'coarse.json');
    await tab.page.locator('#results svg.chart').first().waitFor();
    const paths = await tab.page
      .locator('#results svg.chart path')
      .evaluateAll((all) => all.map((path) => path.getAttribute('d')));
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) expect(path).not.toMatch(/NaN|Infinity/);
  });

  it('what is no profile is refused, and why is said', async () => {
    const before = await savedProfiles(tab.page).count();
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
      expect(await savedProfiles(tab.page).count()).toBe(before);
      await closeProblem();
      expect(await problem().count()).toBe(0);
    }
  });

  it('a broken one, or one of a newer version, is refused without the others that were given with it', async () => {
    const before = await savedProfiles(tab.page).count();
    await drop(tab.page, [{ name: 'broken.json', text: '{' }, profileFile(fashionProfile(11))]);
    await problem().waitFor();
    expect(await problem().textContent()).toContain('broken.json');
    await expect.poll(() => savedProfiles(tab.page).count()).toBe(before + 1);
    await told(tab.page).getByText('Opened mine.json: a profile of fashion.').waitFor();
    await planned(tab.page);
    await closeProblem();
    const newer = JSON.stringify({ ...fashionProfile(11), schema: 'ipa-edge/profile@2' });
    await drop(tab.page, [{ name: 'newer.json', text: newer }, profileFile(fashionProfile(12))]);
    await problem().waitFor();
    expect(await problem().textContent()).toContain('newer.json');
    await expect.poll(() => savedProfiles(tab.page).count()).toBe(before + 2);
    await closeProblem();
    await drop(tab.page, [{ name: 'photo.png', text: 'a photo' }, profileFile(fashionProfile(13))]);
    await problem().waitFor();
    expect(await problem().textContent()).toContain('photo.png: this page finds no labels in it');
    await expect.poll(() => savedProfiles(tab.page).count()).toBe(before + 3);
    await closeProblem();
  });

  it('a refused document is named even if an archive that was given with it fails too', async () => {
    await drop(tab.page, [
      { name: 'broken.json', text: '{' },
      { name: 'broken.tar', text: 'no archive' },
    ]);
    await problem().waitFor();
    expect(await problem().textContent()).toContain('broken.json');
    await closeProblem();
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
    await closeProblem();
  });

  it('hostile text in a profile stays text', async () => {
    const hostile = fashionProfile();
    hostile.device.agent = HOSTILE;
    hostile.device.platform = HOSTILE;
    hostile.stages[0]!.metric = HOSTILE.slice(0, 60);
    hostile.cells.find((cell) => cell.state === 'failed')!.error = HOSTILE;
    await opens(hostile, `${HOSTILE}.json`);
    expect(await tab.page.locator('img').count()).toBe(0);
    expect(await tab.page.evaluate(() => 'broken' in window)).toBe(false);
    expect(await tab.page.locator('#results dd', { hasText: 'onerror' }).first().textContent()).toContain(
      HOSTILE,
    );
    const csv = await saved(tab.page, 'Save cells CSV');
    expect(csv).toContain('"</script><img src=x onerror=""window.broken = 1"">');
  });
});

describe('each file that the page writes is read again, and shown where it belongs', () => {
  const tab = sharedPage((page) => openProfile(page), servePageWithTestEngine);
  /** A page in a browser context of its own, in which nothing is saved or pinned when a test begins. */
  const elsewhere = sharedPage(undefined, servePageWithTestEngine);
  beforeEach(async () => {
    const { page } = elsewhere;
    await deleteProfiles(page);
    const pinned = page.getByRole('button', { name: 'Close the plan' });
    if ((await pinned.count()) > 0) await pinned.click();
  });

  it('a plan: pinned, with its settings, and alone where its profile is not', async () => {
    await choose(tab.page, profileFile(fashionProfile()));
    await told(tab.page).getByText('a profile of fashion that was saved here before.').waitFor();
    const sla = tab.page.getByRole('spinbutton', { name: 'Time limit (SLA)', exact: true });
    await sla.fill('77');
    await planned(tab.page);
    const text = await saved(tab.page, 'Save plan JSON');
    await sla.fill('150');
    await planned(tab.page);
    await drop(tab.page, [{ name: 'plan.json', text }]);
    await expect.poll(() => sla.inputValue()).toBe('77');
    await tab.page.getByRole('region', { name: 'Pinned plan beside this one' }).waitFor();
    await expect.poll(() => section(tab.page)).toBe('#plan');
    await drop(tab.page, [{ name: 'huge.json', text: text.replace('"slaMs":77', '"slaMs":1e308') }]);
    const problem = tab.page.locator('.page-problem');
    await problem.getByText('expected an SLA of at most 1000000 ms').waitFor();
    await problem.getByRole('button', { name: 'Close' }).click();

    const { page } = elsewhere;
    await drop(page, [{ name: 'plan.json', text }]);
    await page.locator('#plan').getByText('A plan of fashion').waitFor();
    expect(await page.locator('#plan').textContent()).toContain('is not open');
    expect(await page.locator('#try .empty').textContent()).toContain('Open the profile to run the plan.');
    await expect.poll(() => section(page)).toBe('#plan');
  });

  it('a report with its profile and plan', async () => {
    const profile = await saved(tab.page, 'Save profile JSON');
    const html = await saved(tab.page, 'Save report HTML');
    const { page } = elsewhere;
    await drop(page, [{ name: 'report.html', text: html }]);
    await planned(page);
    await expect.poll(() => section(page)).toBe('#results');
    expect(await saved(page, 'Save profile JSON')).toBe(profile);
    await page.getByRole('region', { name: 'Pinned plan beside this one' }).waitFor();
  });

  it('a report whose plan has a longer SLA than the form takes: its profile, and no pinned plan', async () => {
    const report = JSON.parse(reportIn(await saved(tab.page, 'Save report HTML'))!);
    const text = JSON.stringify({ ...report, plan: { ...report.plan, slaMs: 2e6 } });
    const { page } = elsewhere;
    await drop(page, [{ name: 'report.json', text }]);
    await planned(page);
    expect(await told(page).textContent()).toContain('a profile of fashion.');
    expect(await page.getByRole('region', { name: 'Pinned plan beside this one' }).count()).toBe(0);
  });

  it('a table of cells: beside another profile, once that is opened, with what it cannot tell', async () => {
    const text = await saved(tab.page, 'Save cells CSV');
    const { page } = elsewhere;
    await choose(page, { name: 'cells.csv', text });
    await page.locator('#results').getByText('cells.csv is ready to be compared').waitFor();
    await expect.poll(() => section(page)).toBe('#results');
    const node = fashionProfile(2);
    node.device = { ...node.device, agent: 'Node 22', adapter: null };
    node.cells = cellsOfNode(node);
    await openProfile(page, node);
    const compare = page.locator('.compare');
    await compare.getByRole('application', { name: /^detect: wasm against cpu/ }).waitFor();
    expect(await compare.textContent()).toMatch(/cells\.csv has the cells.*has no samples, accuracies/);
    expect(await compare.textContent()).toMatch(/Runs in:.*Node 22 against Chromium/);
    await choose(page, { name: 'cells.csv', text });
    await told(page).getByText('Opened cells.csv: a table of cells, which is compared with').waitFor();
    await expect
      .poll(() => compare.evaluate((part) => Math.round(part.getBoundingClientRect().top)))
      .toBeLessThan(100);
    await choose(page, { name: 'half.csv', text: text.slice(0, text.length / 2) });
    const problem = page.locator('.page-problem');
    await problem.getByText('half.csv is not valid').waitFor();
    await problem.getByRole('button', { name: 'Close' }).click();
  });

  it('a run with what it measured, and a trace as the load', async () => {
    const { page } = elsewhere;
    const report = fashionReport();
    await drop(page, [{ name: 'trace.json', text: '{"rates": [6, 5, 7]}' }]);
    await told(page)
      .getByText('Opened trace.json: a trace, which is the load of the next run. A run needs')
      .waitFor();
    await drop(page, [{ name: 'run.json', text: JSON.stringify(report.runs[0]) }]);
    await page.locator('#try .outcome').waitFor();
    await expect.poll(() => section(page)).toBe('#try');
    await drop(page, [
      {
        name: 'bench.html',
        text: `<script type="application/json" id="report">${JSON.stringify(report)}</script>`,
      },
    ]);
    await planned(page);
    await page.locator('.saved li.marked').waitFor();
    await drop(page, [{ name: 'trace.json', text: '{"rates": [6, 5, 7]}' }]);
    await page.locator('.trace-drop', { hasText: 'trace.json: 3 rates' }).waitFor();
    expect(await page.getByLabel('Duration (s)').inputValue()).toBe('3');
  });
});
