import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.env.IPA_EDGE_REFERENCE ?? fileURLToPath(new URL('../../shared', import.meta.url));

/** Returns the path of a file of the reference data, which does not ship. Without the file, prints a warning and returns null. */
export function referenceFile(path: string): string | null {
  const file = join(folder, path);
  if (existsSync(file)) return file;
  console.warn(`SKIPPED: tests that need ${path}: set IPA_EDGE_REFERENCE to the reference data's folder.`);
  return null;
}
