import { expect, it } from 'vitest';
import { cellsOfNode, fashionProfile } from './fixtures.ts';
import { drop, frames, planned, profileFile } from './opened-page.ts';
import { openedPage, servePageWithTestEngine } from './serve.ts';

const tab = openedPage(servePageWithTestEngine);

it('a page is compared with Node: backend with backend, by variant and batch; what cannot be compared is said', async () => {
  const node = fashionProfile(2);
  node.device = { ...node.device, environment: 'node', agent: 'Node 22', adapter: null };
  node.cells = cellsOfNode(node).filter(({ variant }) => variant !== 'res32');
  await drop(tab.page, [profileFile(node, 'node.json'), profileFile(fashionProfile(1), 'page.json')]);
  await planned(tab.page);
  await tab.page.getByLabel('Compare this profile with').selectOption({ index: 1 });
  const compare = tab.page.locator('.compare');
  await compare.locator('.outcome').waitFor();
  const on = compare.getByLabel('Backends to compare');
  expect(await on.locator('option').allTextContents()).toEqual([
    'wasm of this profile, cpu of the other one',
    'webgpu of this profile, cpu of the other one',
  ]);
  expect(await compare.textContent()).toMatch(
    /Only in this profile.* that the other profile did not measure \(classify\/res32 on wasm, batch 1 and 2\b/,
  );
  await compare.getByRole('application', { name: /^detect: cpu against wasm/ }).waitFor();
  await on.selectOption({ index: 1 });
  await compare.getByRole('application', { name: /^detect: cpu against webgpu/ }).waitFor();
  await compare.locator('summary').click();
  expect(await compare.locator('tbody tr').first().textContent()).toContain('webgpu → cpu');
});

it('nothing is compared where that was chosen last, however long the profile that was chosen before takes to load', async () => {
  await drop(tab.page, [profileFile(fashionProfile(1), '1.json'), profileFile(fashionProfile(2), '2.json')]);
  await planned(tab.page);
  const select = tab.page.getByLabel('Compare this profile with');
  await expect.poll(() => select.locator('option').count()).toBe(2);
  await select.evaluate((list: HTMLSelectElement) => {
    for (const { value } of [list.options[1]!, list.options[0]!]) {
      list.value = value;
      list.dispatchEvent(new Event('change', { bubbles: true }));
    }
  });
  await frames(tab.page, 60);
  expect(await select.inputValue()).toBe('');
  expect(await tab.page.locator('.compare .outcome').count()).toBe(0);
});

it('where another profile differs is told in words, in a chart walked by keyboard, and in a table', async () => {
  const faster = fashionProfile(2);
  faster.device.agent = 'Another browser';
  for (const cell of faster.cells)
    if (cell.state === 'measured' && cell.variant === 'det16')
      for (const key of ['p50', 'p50Low', 'p50High'] as const) cell.latencyMs[key] /= 2;
  const measured = fashionProfile(1);
  measured.cells.reverse();
  await drop(tab.page, [profileFile(faster, 'faster.json'), profileFile(measured, 'this.json')]);
  await planned(tab.page);
  // The table has the variants in the pipeline's order, not in the order in which they were measured.
  const variants = tab.page.locator('section[aria-label=detect] .fold').first().locator('td:first-child');
  expect([...new Set(await variants.allTextContents())]).toEqual(['det4', 'det8', 'det16']);
  const select = tab.page.getByLabel('Compare this profile with');
  await expect.poll(() => select.locator('option').count()).toBe(2);
  await select.selectOption({ index: 1 });
  const compare = tab.page.locator('.compare');
  await compare.locator('.outcome').waitFor();
  expect(await compare.textContent()).toContain('Another browser');
  expect(await compare.locator('.outcome').textContent()).toMatch(/▼ 6 faster \(typically × 0\.(49|5\d?)\)/);

  const chart = compare.getByRole('application').first();
  await chart.focus();
  await tab.page.keyboard.press('ArrowDown');
  const told = compare.locator('[aria-live=polite]').first();
  await expect.poll(() => told.textContent()).toMatch(/^det4, batch 1: .*95 % interval/s);
  await tab.page.keyboard.press('End');
  await expect.poll(() => told.textContent()).toMatch(/^det16, batch \d+: faster/);
  expect(await chart.locator('[aria-label=tip]').textContent()).toContain('det16');

  await compare.locator('summary').click();
  await compare.getByRole('button', { name: 'Ratio', exact: true }).click();
  expect(await compare.locator('tbody tr').first().textContent()).toMatch(/det16.*▼ faster/);
});

it('charts of variants with long names are within their cards, and the names keep their ends', async () => {
  const { page } = tab;
  const long = (seed: number) =>
    JSON.stringify(fashionProfile(seed)).replaceAll(
      /"(det\d+)"/g,
      '"distilbert-base-uncased-finetuned-sst-2-english-$1"',
    );
  const files = [1, 2].map((seed) => ({ name: `${seed}.json`, text: long(seed) }));
  await page.setViewportSize({ width: 390, height: 844 });
  await drop(page, files);
  await planned(page);
  await page.getByLabel('Compare this profile with').selectOption({ index: 1 });
  await page.locator('#compare svg.chart').first().waitFor();
  const outside = () =>
    page.locator('#results svg.chart').evaluateAll(
      (all) =>
        all.filter((svg) => {
          const card = svg.closest('figure')!.getBoundingClientRect();
          return [...svg.querySelectorAll('text, path')].some((mark) => {
            const { left, right } = mark.getBoundingClientRect();
            return left < card.left || right > card.right;
          });
        }).length,
    );
  await expect.poll(outside).toBe(0);
  for (const part of ['section[aria-label=detect]', '#compare'])
    expect(await page.locator(`${part} svg.chart`).first().textContent()).toMatch(/distil[\w-]*…[\w-]*det16/);
});
