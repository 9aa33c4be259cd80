import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a folder for the files of a benchmark. It is removed when this process exits, even with an error. */
export function benchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ipa-edge-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
