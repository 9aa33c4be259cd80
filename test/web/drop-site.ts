import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { dropPaths } from './dropped-paths.ts';
import { openPage } from './opened-page.ts';
import { OwnPage } from './own-page.ts';
import { servedPage } from './serve.ts';

/** The page as it ships, opened anew for each test of a file, and a folder on the disk for what the tests drop on the page. */
export class DropSite {
  own!: OwnPage;
  folder!: string;

  constructor() {
    const site = servedPage();
    beforeAll(async () => {
      this.folder = await mkdtemp(join(tmpdir(), 'ipa-edge-dropped-'));
    });
    afterAll(() => rm(this.folder, { recursive: true }));
    beforeEach(async () => {
      this.own = new OwnPage(await openPage(site.browser, site.url));
    });
    afterEach(async () => {
      await this.own.opened.context.close();
      expect(this.own.opened.complaints).toEqual([]);
    });
  }

  /** Writes a file below the folder. @returns the path of the folder or file just below the folder */
  readonly write = async (path: string, content: string | Uint8Array): Promise<string> => {
    await mkdir(dirname(join(this.folder, path)), { recursive: true });
    await writeFile(join(this.folder, path), content);
    return join(this.folder, path.split('/')[0]!);
  };

  readonly dropAnywhere = (...paths: string[]): Promise<void> => dropPaths(this.own.page, '#plan', paths);
}
