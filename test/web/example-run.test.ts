import { expect, it } from 'vitest';
import { drop, dropProfiles, frames, planned, saved } from './opened-page.ts';
import { fashionReport } from './report-fixtures.ts';
import { servePageWithTestEngine } from './serve.ts';
import { sharedPage } from './shared-page.ts';

/** When the page removes the example's run, and when it keeps the user's own. */

const tab = sharedPage(async (page) => {
  await dropProfiles(page, 1, 2);
  await planned(page);
}, servePageWithTestEngine);

const outcome = () => tab.page.locator('#try .outcome');
const button = (name: string) => tab.page.getByRole('button', { name, exact: true });

/** Opens the example, unless the test before has left it open. */
async function openExample(): Promise<void> {
  if (!(await button('Close the example').isVisible())) await button('Look at an example').click();
  await planned(tab.page);
  await outcome().waitFor();
}

/** Opens a run of the user. @param name of its file, which no test before had, because the page's message names it */
async function openOwnRun(name: string): Promise<void> {
  await drop(tab.page, [{ name, text: JSON.stringify(fashionReport().runs[0]) }]);
  await tab.page.getByText(`Opened ${name}: a run of fashion`).waitFor();
}
/** Returns the page's text of how many requests the last run sent. */
const sent = () => outcome().locator('> p').first().textContent();

it("the example's run goes when a saved profile is opened, and the user's own run that came while the example is shown stays", async () => {
  await openExample();
  await tab.page.locator('.saved li button').first().click();
  await tab.page.locator('.saved li.marked').waitFor();
  await expect.poll(() => outcome().count()).toBe(0);

  await openExample();
  const ofExample = await sent();
  await openOwnRun('first.json');
  await expect.poll(sent).not.toBe(ofExample);
  const own = await sent();
  await button('Close the example').click();
  await tab.page.locator('.saved li.marked').waitFor();
  expect(await sent()).toBe(own);
});

it('the example that arrives after the user has opened another profile does not replace it', async () => {
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  await tab.page.route('**/example.json', async (route) => {
    await arrived;
    await route.continue();
  });
  const asked = tab.page.waitForResponse('**/example.json');
  await button('Look at an example').click();
  const other = tab.page.locator('.saved li:not(.marked)');
  const id = await other.locator('code').textContent();
  await other.locator('button').first().click();
  await tab.page.locator('.saved li.marked', { hasText: id! }).waitFor();
  arrive();
  await (await asked).finished();
  await frames(tab.page, 20);
  expect(await tab.page.locator('.opened').textContent()).toMatch(/^Profile/);
  await tab.page.unroute('**/example.json');
});

const archive = async () => JSON.parse(await saved(tab.page, 'Save everything JSON'));

it("an archive that is saved while the example is shown has the user's own run and settings", async () => {
  await openOwnRun('second.json');
  await planned(tab.page);
  const before = await archive();
  await openExample();
  // None of the user's profiles is open then.
  expect(await archive()).toEqual({ ...before, opened: null });
});

it('the verdict on the results is of the run only while its settings stand; afterwards the run says of which plan it was', async () => {
  await openExample();
  const verdict = () => tab.page.locator('#results .verdict-card h3').textContent();
  const ofRun = await outcome().locator('.verdict-card h3').first().textContent();
  expect(await verdict()).toBe(ofRun);
  const sla = tab.page.getByRole('spinbutton', { name: 'Time limit (SLA)', exact: true });
  const asked = await sla.inputValue();
  const otherPlan = tab.page.locator('#try .notice', { hasText: 'of another plan: ' });
  expect(await otherPlan.count()).toBe(0);
  await sla.fill(String(2 * Number(asked)));
  await planned(tab.page);
  await expect.poll(verdict).toContain(`within ${2 * Number(asked)} ms`);
  expect(await otherPlan.textContent()).toContain(` requests/s within ${asked} ms.`);
  await sla.fill('1');
  await expect.poll(verdict).toMatch(/^No/);
  expect(await tab.page.locator('#try .empty').textContent()).toMatch(
    /^No: .* within 1 ms\. Take the nearest SLA or rate that works\./,
  );
  expect(await otherPlan.count()).toBe(1);
  await sla.fill(asked);
  await planned(tab.page);
  await expect.poll(verdict).toBe(ofRun);
  await expect.poll(() => otherPlan.count()).toBe(0);
});
