import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { filesIn, writeWhole } from '../../../workers/command/files.ts';
import { EarlierExportError } from '../errors.ts';
import { MANAGED_BY, OF_KSERVE } from '../objects/labels.ts';
import { type Files, yaml } from './files.ts';

/**
 * Writes files into a folder. Refuses a folder with objects of an earlier export in other files, because `kubectl apply -f` and
 * Helm would apply these, too.
 * @throws EarlierExportError, UsageError
 */
export async function writeFiles(folder: string, files: Files): Promise<void> {
  const root = resolve(folder);
  const paths = new Map([...files].map(([file, text]) => [join(root, file), text]));
  const earlier: string[] = [];
  // A folder that does not exist yet has no files.
  for (const inner of new Set([...paths.keys()].map(dirname)))
    for (const path of (await filesIn(inner, false).catch(() => [])).map((file) => resolve(file)))
      if (!paths.has(path) && (await isExported(path))) earlier.push(relative(root, path));
  if (earlier.length > 0) throw new EarlierExportError(folder, earlier);
  for (const [path, text] of paths) await writeWhole(path, text);
}

/** Lines of YAML. A file that has one of them comes from an export. */
const MARKS = [MANAGED_BY, OF_KSERVE].map((label) => yaml(label).trim());

/** Whether a file is YAML with an object that ipa-agent makes. */
async function isExported(path: string): Promise<boolean> {
  if (!path.endsWith('.yaml')) return false;
  const text = await readFile(path, 'utf8');
  return MARKS.some((mark) => text.includes(mark));
}
