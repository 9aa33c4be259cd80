import { expect, it } from 'vitest';
import { planned, setUpOnWasm } from './opened-page.ts';
import { openedPage } from './serve.ts';

const tab = openedPage();

/** Labels that a reader who knows browsers and models understands, or that a sentence beside them explains. */
const PLAIN = new Set([
  ...['WebGPU', 'Storage left', 'Settings stay', 'One tab measures', 'Works offline', 'Device', 'Browser'],
  ...['Size', 'Address of a manifest', 'Link with these settings'],
  ...['Hugging Face model id', 'Add as', 'Prefix', 'Access token', 'Hub'],
  ...['F1@0.5', 'mAP@0.5', 'top-1 accuracy', 'macro F1'],
  ...['Compare this profile with', 'Backends to compare', 'Verdict', 'Choose', 'Duration (s)'],
  ...['Completed', 'Failed', 'From', 'Until', 'At'],
]);
/** Patterns of such labels: a stage's variant on a backend; the share of the latest requests; a stage's row; a batch size. */
const PLAIN_FORMS = [
  /^\w+ on \w+$/,
  /^Within .* ms, last 10 s$/,
  /^\w+: variant × batch × replicas$/,
  /^\d+$/,
];

/** Returns the labels, table heads and names of figures that have no explanation, folded or not. */
const unexplained = (): Promise<string[]> =>
  tab.page.evaluate(() => {
    const marked = (one: Element) =>
      one.querySelector('.term, .term-mark') ?? one.parentElement!.querySelector(':scope > .term-mark');
    return (
      [...document.querySelectorAll('label, legend, th[scope=col], dt, .checks .under')]
        .filter((one) => !marked(one))
        // The text of a file's button or of a choice says what it is; the bar of a progress has a text beside it.
        .filter(
          (one) => !one.querySelector('[type=file], progress') && !one.matches('.chip, .segments label'),
        )
        .map((one) => one.textContent!.trim())
    );
  });

it('each label, table head and name of a figure is explained where it stands, or is a plain word', async () => {
  const { page } = tab;
  const words = new Set<string>();
  const read = async () => {
    for (const word of await unexplained()) words.add(word);
  };
  await page.getByText('Your own models', { exact: true }).click();
  await page.getByRole('form', { name: 'A model of the hub' }).waitFor();
  await page.locator('.check').first().waitFor({ state: 'attached' });
  await read();
  await page.getByRole('button', { name: 'Look at an example', exact: true }).click();
  await planned(page);
  await page.getByRole('button', { name: 'Pin to compare' }).click();
  await page.getByLabel('Compare this profile with').selectOption({ index: 1 });
  await page.locator('.compare .outcome').waitFor();
  await page.getByRole('checkbox', { name: /Adapt/ }).check();
  await read();
  await page.getByRole('button', { name: 'Run the plan' }).click();
  await page.locator('.tally').waitFor();
  await read();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.locator('.outcome').first().waitFor();
  await setUpOnWasm(page, 60);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.locator('td.cell').first().waitFor();
  await read();
  const left = [...words].filter((word) => !PLAIN.has(word) && !PLAIN_FORMS.some((form) => form.test(word)));
  expect(left).toEqual([]);
});
