import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { ROOT } from '../../workers/command/root.ts';
import { servePage } from '../runner/host.ts';
import { browserFlags, ensureBrowser } from '../setup/browser.js';

/**
 * Makes the page's example, `web/public/example.json`, with the page itself: `npx tsx bench/page/example.ts`. The example is an
 * archive with a profile of `fashion` on wasm and a run of its plan. A second profile, measured in Node on the same machine, lets
 * users of the page compare two profiles.
 */

/** Short, so that the example has few samples: the page loads them all. */
const BUDGET_S = '12';
/** Two workers carry this load with the most accurate variants; one carries it with lighter ones, at half the cost. */
const RATE_PER_S = '120';
/** Short, so that the example has few requests: the page loads them all. */
const RUN_S = '15';
/** At most this many runs are tried: a run is not valid if the machine is busy with something else. */
const MOST_RUNS = 5;
const WAIT = { timeout: 400_000 };

const folder = await mkdtemp(join(tmpdir(), 'ipa-edge-example-'));
const byNode = join(folder, 'node.json');
execFileSync(
  process.execPath,
  [
    ...[join(ROOT, 'agent/ipa-agent.js'), 'profile', '--pipeline', 'fashion', '--backend', 'cpu'],
    ...['--budget', `${BUDGET_S}s`, '--out', byNode],
  ],
  { stdio: 'inherit' },
);

const host = await servePage(0);
const browser = await chromium.launch({
  executablePath: await ensureBrowser(console.error),
  args: browserFlags(),
});
try {
  const page = await browser.newPage();
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const fill = (name: string, value: string) =>
    page.getByRole('spinbutton', { name, exact: true }).fill(value);
  await page.goto(host.url);
  await page.getByLabel('Import profile').setInputFiles(byNode);
  await page.locator('.saved li').first().waitFor();
  await page.getByRole('checkbox', { name: 'webgpu' }).first().uncheck();
  await fill('Budget (s)', BUDGET_S);
  await button('Start').click();
  await page.locator('.saved li').nth(1).waitFor(WAIT);
  await fill('Arrival rate', RATE_PER_S);
  await fill('Duration (s)', RUN_S);
  for (let run = 1; ; run++) {
    await button('Run the plan').click();
    await button('Stop').waitFor(WAIT);
    await button('Run the plan').waitFor(WAIT);
    const outcome = await page.locator('.outcome [role=status]').textContent();
    console.log(outcome);
    if (!outcome!.includes('not valid')) break;
    if (run === MOST_RUNS) throw new Error('No run was valid. Run this on a machine that does nothing else.');
  }
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /^Save everything/ }).click(),
  ]);
  await copyFile(await file.path(), join(ROOT, 'web/public/example.json'));
} finally {
  await browser.close();
  await host.close();
  await rm(folder, { recursive: true });
}
