import { execFileSync } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { ROOT } from '../../workers/command/root.ts';
import { benchFolder } from '../setup/folder.ts';
import { downloaded, numberField, withBrowser } from './actions.ts';

/**
 * Makes the page's example, `web/public/example.json`, with the page itself: `npx tsx bench/page/example.ts`. The example is an
 * archive with a profile of `fashion` on wasm and a run of its plan. A second profile, measured in Node on the same machine, lets
 * users of the page compare two profiles.
 */

/** The budget in seconds. It is short, so that the example has few samples, because the page loads them all. */
const BUDGET_S = '12';
/** Two workers carry this load with the most accurate variants; one carries it with lighter ones, at half the cost. */
const RATE_PER_S = '120';
/** The length of the run in seconds. It is short, so that the example has few requests, because the page loads them all. */
const RUN_S = '15';
/** At most this many runs are tried: a run is not valid if the machine is busy with something else. */
const RUNS_MAX = 5;
const WAIT = { timeout: 400_000 };

const byNode = join(benchFolder(), 'node.json');
const asked = ['--pipeline', 'fashion', '--backend', 'cpu', '--budget', `${BUDGET_S}s`, '--out', byNode];
execFileSync(process.execPath, [join(ROOT, 'agent/ipa-agent.js'), 'profile', ...asked], { stdio: 'inherit' });
await withBrowser(async (browser, url) => {
  const page = await browser.newPage();
  await page.goto(url);
  await makeExample(page, byNode);
});

/** @param byNode path of the profile measured in Node */
async function makeExample(page: Page, byNode: string): Promise<void> {
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await page.getByLabel('Import profile').setInputFiles(byNode);
  await page.locator('.saved li').first().waitFor();
  await page.getByRole('checkbox', { name: 'webgpu' }).first().uncheck();
  await numberField(page, 'Budget (s)').fill(BUDGET_S);
  await button('Start').click();
  await page.locator('.saved li').nth(1).waitFor(WAIT);
  await numberField(page, 'Arrival rate').fill(RATE_PER_S);
  await numberField(page, 'Duration (s)').fill(RUN_S);
  for (let run = 1; ; run++) {
    await button('Run the plan').click();
    await button('Stop').waitFor(WAIT);
    await button('Run the plan').waitFor(WAIT);
    const outcome = await page.locator('.outcome [role=status]').textContent();
    console.log(outcome);
    if (!outcome!.includes('not valid')) break;
    if (run === RUNS_MAX) throw new Error('No run was valid. Run this on a machine that does nothing else.');
  }
  const archive = await downloaded(page, page.getByRole('button', { name: /^Save everything/ }));
  await copyFile(archive, join(ROOT, 'web/public/example.json'));
}
