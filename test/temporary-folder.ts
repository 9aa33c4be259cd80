import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** Makes a folder that its caller removes with {@link removeFolder}. */
export const makeFolder = (): string => mkdtempSync(join(tmpdir(), 'ipa-edge-'));
export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true });

/** Makes a folder that is removed when the test has finished. */
export function folderOfTest(): string {
  const folder = makeFolder();
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** Makes a folder that is removed after the tests of the file. */
export function folderOfFile(): string {
  const folder = makeFolder();
  afterAll(() => removeFolder(folder));
  return folder;
}
