import type { Page } from 'playwright';

/** Drops files and folders of the disk on an element, as a file manager does: the browser reads them by their entries. */
export async function dropPaths(page: Page, selector: string, paths: readonly string[]): Promise<void> {
  const element = page.locator(selector).first();
  await element.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await element.boundingBox())!;
  const session = await page.context().newCDPSession(page);
  const at = { x: x + width / 2, y: y + Math.min(height, 20) / 2 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', {
      type,
      ...at,
      data: { items: [], files: [...paths], dragOperationsMask: 1 },
    });
  await session.detach();
}
