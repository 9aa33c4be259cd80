import type { BrowserContextOptions, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../solver/documents/report.ts';
import { REPORT } from '../../solver/documents/run-report.ts';
import { frontiers } from '../../solver/frontier/cascade-gains.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { plan as planFor } from '../../solver/plan/planner.ts';
import { cascadeProfile, wellCalibrated } from '../solver/cascades.ts';
import { request, resources } from '../solver/profiles.ts';
import { expectAccessible } from './accessible.ts';
import { adaptationReport, adaptiveRun } from './adaptation-fixtures.ts';
import { CELLS, fashionProfile } from './fixtures.ts';
import { expectLegible, unfold } from './legible.ts';
import {
  choose,
  drop,
  frontier,
  holdAfter,
  measureUntil,
  newContext,
  openIn,
  planned,
  profileFile,
} from './opened-page.ts';
import { ownModel } from './own-files.ts';
import { profileOfRealModels } from './real-models.ts';
import { fashionReport } from './report-fixtures.ts';
import { type ReportFolder, reportFolder, servePageWithTestEngine, sharedBrowser } from './serve.ts';
import { sharedPage } from './shared-page.ts';

/** Checks the page as it ships, in every state that users see, and the report: with axe, and for legibility, also if narrow. */

const OPTIONS: BrowserContextOptions = {
  viewport: { width: 1280, height: 900 },
  // axe would find too little contrast in elements that are still fading in.
  reducedMotion: 'reduce',
};

describe('the page', () => {
  const tab = sharedPage(undefined, undefined, OPTIONS);
  const button = (name: string) => tab.page.getByRole('button', { name, exact: true });

  it('on the first visit', async () => {
    await tab.page.locator('.check').first().waitFor({ state: 'attached' });
    await expectAccessible(tab.page);
  });

  it('with models of its own: one added to a stage, and one for a new pipeline', async () => {
    const { page } = tab;
    const { name, bytes } = await ownModel('det4', 'mine.onnx');
    const added = { name, mimeType: '', buffer: Buffer.from(bytes) };
    await page.getByLabel('Add models to detect').setInputFiles(added);
    await button('Delete variant mine').waitFor();
    // Opens the fold of the user's own models, which an earlier test may have opened.
    await unfold(page, '#measure');
    const form = page.getByRole('region', { name: 'A new pipeline without a manifest' });
    await form.getByLabel('Choose models').setInputFiles(added);
    await form.getByRole('button', { name: 'Go on without labels' }).waitFor();
    await expectAccessible(page, '#measure');
  });
});

describe('the page with a profile', () => {
  const tab = sharedPage(
    async (page) => {
      await drop(page, [
        profileFile(fashionProfile(2), 'other.json'),
        profileFile(await profileOfRealModels(), 'this.json'),
      ]);
      await planned(page);
      await frontier(page).locator('svg').waitFor();
    },
    undefined,
    OPTIONS,
  );
  const button = (name: string) => tab.page.getByRole('button', { name, exact: true });
  const number = (name: string) => tab.page.getByRole('spinbutton', { name, exact: true });

  it('with results, plans, none, a comparison, and a problem', async () => {
    const { page } = tab;
    await expectAccessible(page);

    const worked = await number('Time limit (SLA)').inputValue();
    await button('Pin to compare').click();
    await number('Time limit (SLA)').fill('15');
    await planned(page);
    await expectAccessible(page, '#plan');
    await number('Time limit (SLA)').fill('1');
    await page.locator('#plan [role=alert]').waitFor();
    await planned(page);
    await expectAccessible(page, '#plan');
    await number('Time limit (SLA)').fill(worked);

    await page.getByLabel('Compare this profile with').selectOption({ index: 1 });
    await page.locator('.compare .outcome').waitFor();
    await choose(page, { name: 'broken.json', text: '{"schema":"ipa-edge/profile@1"}' });
    await page.locator('.page-problem').waitFor();
    await expectAccessible(page, ':is(.compare, .page-problem)');
  });

  it('while a plan is tried, and with what came out', async () => {
    const { page } = tab;
    await page
      .getByRole('form', { name: 'Plan settings' })
      .getByRole('checkbox', { name: 'webgpu' })
      .uncheck();
    await number('Time limit (SLA)').fill('3000');
    // Few requests, so that the run leaves the CPU to axe.
    await number('Arrival rate').fill('2');
    await planned(page);
    await page.getByRole('checkbox', { name: /Adapt/ }).check();
    await number('Duration (s)').fill('600');
    await button('Run the plan').click();
    await page.locator('.request').nth(1).waitFor();
    await expectAccessible(page, '#try');
    await expectLegible(page);
    await button('Stop').click();
    await page.locator('#try .outcome').waitFor();
    await expectAccessible(page, '#try');
    await expectLegible(page);
  });

  it('with a plan of cascades', async () => {
    const { page } = tab;
    await choose(page, profileFile(cascadeProfile(wellCalibrated())));
    // A profile brings its own settings of the plan, so the test sets them once a chart shows that the profile is open.
    await page.getByRole('application', { name: /^Latency: classify on cpu/ }).waitFor();
    await number('Time limit (SLA)').fill('900');
    await number('Arrival rate').fill('60');
    await page
      .locator('#plan')
      .getByText(/^In classify, s answers first\. /)
      .waitFor();
    await planned(page);
    await page.locator('#plan').getByText('Table of what cascades gain').waitFor();
    await expectAccessible(page, ':is(#results .verdict-card, #plan)');
  });
});

/** The test engine leaves the CPU to axe. */
describe('the page with the test engine', () => {
  const tab = sharedPage(undefined, servePageWithTestEngine, OPTIONS);

  it('while it measures, here and seen from another tab, paused, and with something to resume', async () => {
    const { page } = tab;
    const button = (name: string | RegExp) => page.getByRole('button', { name });
    await measureUntil(page, 40);
    await expectAccessible(page, '#measure');
    const other = await openIn(tab.context, tab.site.url);
    await other.page.getByRole('region', { name: 'Another tab' }).getByText(`40 of ${CELLS} cells`).waitFor();
    await expectAccessible(other.page, '#measure .run');
    await other.page.close();
    await button('Pause').click();
    await holdAfter(page, undefined);
    await page.locator('.paused').waitFor();
    await expectAccessible(page, ':is(#measure .run, #results)');
    await button('Cancel').click();
    await button(/^Resume \d+\/\d+$/).waitFor();
    await expectAccessible(page, '#measure .run');
  });
});

describe('the report', () => {
  let folder: ReportFolder;
  let page: Page;
  beforeAll(async () => {
    folder = await reportFolder();
    page = await (await newContext(await sharedBrowser(), OPTIONS)).newPage();
  });
  afterAll(async () => {
    await page.context().close();
    await folder.remove();
  });

  it.each<[string, () => Report]>([
    ['a bench', fashionReport],
    ['a run that adapts', adaptiveRun],
    ['a comparison of systems', adaptationReport],
  ])('of %s', async (_, report) => {
    await page.goto(await folder.put(report()));
    await page.locator('h1').waitFor();
    await expectAccessible(page);
  });

  it('of a profile with cascades, whose gain stands in the picture, in words and in a table', async () => {
    await page.goto(await folder.put(await cascadeReport()));
    const chart = page
      .getByRole('img', { name: 'Accuracy for cost' })
      .or(page.getByLabel('Accuracy for cost'));
    await page
      .getByText(/^For a cost of .*, the best choice is a cascade: .*of 100 on to l.*Its PAS is/)
      .waitFor();
    expect(await chart.getAttribute('aria-description')).toMatch(/the best choice is a cascade/);
    await page.locator('figcaption', { hasText: '— with cascades · ··· without' }).waitFor();
    await page.getByText('Table of what cascades gain').click();
    await expectAccessible(page);
  });
});

async function cascadeReport(): Promise<Report> {
  const profile = cascadeProfile(wellCalibrated());
  const asked = request({ ratePerS: 60, slaMs: 900, resources: resources({ cores: 24 }) });
  const plan = planFor(await loadSolver(), { profile, sha256: '0'.repeat(64) }, asked);
  const { createdAt } = profile;
  return { schema: REPORT, kind: 'profile', createdAt, profile, plan, ...frontiers(profile, asked) };
}
