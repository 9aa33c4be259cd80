import type { BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../solver/documents/report.ts';
import { REPORT } from '../../solver/documents/run-report.ts';
import { frontiers } from '../../solver/frontier/cascade-gains.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { plan as planFor } from '../../solver/plan/planner.ts';
import { cascadeProfile, wellCalibrated } from '../solver/cascades.ts';
import { request, resources } from '../solver/profiles.ts';
import { expectAccessible as expectPartAccessible } from './accessible.ts';
import { adaptationReport, adaptiveRun } from './adaptation-fixtures.ts';
import { CELLS, fashionProfile } from './fixtures.ts';
import { expectLegible } from './legible.ts';
import {
  choose,
  drop,
  frontier,
  holdAfter,
  measureUntil,
  newContext,
  openIn,
  openProfile,
  planned,
  profileFile,
} from './opened-page.ts';
import { ownModel } from './own-files.ts';
import { profileOfRealModels } from './real-models.ts';
import { fashionReport } from './report-fixtures.ts';
import { type ReportFolder, reportFolder, servedPage, servePageWithTestEngine } from './serve.ts';

/** Checks the page as it ships, in every state that users see, and the report: with axe, and for legibility, also if narrow. */

const site = servedPage();
const engine = servedPage(servePageWithTestEngine);
let context: BrowserContext;
let page: Page;

beforeEach(async () => {
  context = await newContext(site.browser, {
    viewport: { width: 1280, height: 900 },
    // axe would find too little contrast in elements that are still fading in.
    reducedMotion: 'reduce',
  });
  page = await context.newPage();
});
afterEach(() => context.close());

const expectAccessible = (part?: string): Promise<void> => expectPartAccessible(page, part);

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
const sla = () => page.getByRole('spinbutton', { name: 'Time limit (SLA)', exact: true });

describe('the page', () => {
  beforeEach(async () => {
    await page.goto(site.url);
    await button('Start').waitFor();
    await page.locator('.check').first().waitFor({ state: 'attached' });
  });

  it('on the first visit', () => expectAccessible());

  it('with models of its own: one added to a stage, and one for a new pipeline', async () => {
    await page.getByText('Your own models', { exact: true }).click();
    const { name, bytes } = await ownModel('det4', 'mine.onnx');
    const added = { name, mimeType: '', buffer: Buffer.from(bytes) };
    await page.getByLabel('Add models to detect').setInputFiles(added);
    await button('Delete variant mine').waitFor();
    const form = page.getByRole('region', { name: 'A new pipeline without a manifest' });
    await form.getByLabel('Choose models').setInputFiles(added);
    await form.getByRole('button', { name: 'Go on without labels' }).waitFor();
    await expectAccessible('#measure');
  });

  it('with a plan of cascades', async () => {
    await choose(page, profileFile(cascadeProfile(wellCalibrated())));
    await sla().fill('900');
    await page.getByRole('spinbutton', { name: 'Arrival rate', exact: true }).fill('60');
    await planned(page);
    await page
      .locator('#plan')
      .getByText(/^In classify, s answers first\. /)
      .waitFor();
    await page.locator('#plan').getByText('Table of what cascades gain').waitFor();
    await expectAccessible('#results .verdict-card');
    await expectAccessible('#plan');
  });

  it('with results, plans, none, a comparison, and a problem', async () => {
    await drop(page, [
      profileFile(fashionProfile(2), 'other.json'),
      profileFile(await profileOfRealModels(), 'this.json'),
    ]);
    await planned(page);
    await frontier(page).locator('svg').waitFor();
    await expectAccessible();

    const worked = await sla().inputValue();
    await button('Pin to compare').click();
    await sla().fill('15');
    await planned(page);
    await expectAccessible('#plan');
    await sla().fill('1');
    await page.locator('#plan [role=alert]').waitFor();
    await planned(page);
    await expectAccessible('#plan');
    await sla().fill(worked);

    await page.getByLabel('Compare this profile with').selectOption({ index: 1 });
    await page.locator('.compare .outcome').waitFor();
    await expectAccessible('.compare');
    await choose(page, { name: 'broken.json', text: '{"schema":"ipa-edge/profile@1"}' });
    await page.locator('.page-problem').waitFor();
    await expectAccessible('.page-problem');
  });

  it('while a plan is tried, and with what came out', async () => {
    await openProfile(page, await profileOfRealModels());
    await page
      .getByRole('form', { name: 'Plan settings' })
      .getByRole('checkbox', { name: 'webgpu' })
      .uncheck();
    await sla().fill('3000');
    // Few requests, so that the run leaves the CPU to axe.
    await page.getByRole('spinbutton', { name: 'Arrival rate', exact: true }).fill('2');
    await planned(page);
    await page.getByRole('checkbox', { name: /Adapt/ }).check();
    await page.getByRole('spinbutton', { name: 'Duration (s)', exact: true }).fill('600');
    await button('Run the plan').click();
    await page.locator('.request').nth(1).waitFor();
    await expectAccessible('#try');
    await expectLegible(page);
    await button('Stop').click();
    await page.locator('.outcome').waitFor();
    await expectAccessible('#try');
    await expectLegible(page);
  });
});

/** The test engine leaves the CPU to axe. */
describe('the page with the test engine', () => {
  it('while it measures, paused, and with something to resume', async () => {
    await page.goto(engine.url);
    await measureUntil(page, 40);
    await expectAccessible('#measure');
    await button('Pause').click();
    await holdAfter(page, undefined);
    await page.locator('.paused').waitFor();
    await expectAccessible('#measure .run');
    await expectAccessible('#results');
    await button('Cancel').click();
    await button(/Resume/).waitFor();
    await expectAccessible('#measure .run');
  });

  it('while another tab measures', async () => {
    const other = await openIn(context, engine.url);
    await measureUntil(other.page, 40);
    await page.goto(engine.url);
    await page.getByRole('region', { name: 'Another tab' }).getByText(`40 of ${CELLS} cells`).waitFor();
    await expectAccessible('#measure .run');
  });
});

describe('the report', () => {
  let folder: ReportFolder;
  beforeAll(async () => {
    folder = await reportFolder();
  });
  afterAll(() => folder.remove());

  it.each<[string, () => Report]>([
    ['a bench', fashionReport],
    ['a run that adapts', adaptiveRun],
    ['a comparison of systems', adaptationReport],
  ])('of %s', async (_, report) => {
    await page.goto(await folder.put(report()));
    await page.locator('h1').waitFor();
    await expectAccessible();
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
    await expectAccessible();
  });
});

async function cascadeReport(): Promise<Report> {
  const profile = cascadeProfile(wellCalibrated());
  const asked = request({ ratePerS: 60, slaMs: 900, resources: resources({ cores: 24 }) });
  const plan = planFor(await loadSolver(), { profile, sha256: '0'.repeat(64) }, asked);
  const { createdAt } = profile;
  return { schema: REPORT, kind: 'profile', createdAt, profile, plan, ...frontiers(profile, asked) };
}
