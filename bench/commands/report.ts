import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '../../solver/documents/report.ts';
import { injectReport } from '../../solver/report/inject.ts';
import { checkWritable, writeJson, writeWhole } from '../../workers/command/files.ts';
import { ROOT } from '../../workers/command/root.ts';
import { ensurePageBuilt } from '../setup/built.ts';

/** The path of a report's HTML page, beside its JSON file; null beside a device or a pipe, because its folder is not for files. */
async function pageOf(out: string): Promise<string | null> {
  const existing = await stat(out).catch(() => null);
  return existing && !existing.isFile() ? null : `${out.replace(/\.json$/, '')}.html`;
}

/** Checks before long work that {@link writeReport} can write a report. @throws UsageError */
export async function checkReport(out: string): Promise<void> {
  const page = await pageOf(out);
  for (const path of page === null ? [out] : [out, page]) await checkWritable(path);
}

/** Writes a report as JSON and as an HTML page beside it. Returns the paths of what it wrote. @throws UsageError */
export async function writeReport(out: string, report: Report): Promise<string[]> {
  const html = await pageOf(out);
  await writeJson(out, report);
  if (html === null) return [out];
  await ensurePageBuilt();
  const template = await readFile(join(ROOT, 'dist/report/index.html'), 'utf8');
  await writeWhole(html, injectReport(template, report));
  return [out, html];
}

/**
 * Writes a report and prints its result. A full disk or a closed stdout may lose one of the two, but not both: nothing that was
 * measured is lost.
 * @param print prints the result, also if the report cannot be written
 */
export const writeAndPrint = (out: string, report: Report, print: () => void): Promise<string[]> =>
  writeReport(out, report).finally(print);
