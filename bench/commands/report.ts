import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '../../solver/documents/report.ts';
import { injectReport } from '../../solver/report/inject.ts';
import { writeJson, writeWhole } from '../../workers/command/files.ts';
import { ROOT } from '../../workers/command/root.ts';
import { ensurePageBuilt } from '../setup/built.ts';

/** Writes a report as JSON and as an HTML page beside it. Returns both paths. */
export async function writeReport(out: string, report: Report): Promise<[json: string, html: string]> {
  const html = `${out.replace(/\.json$/, '')}.html`;
  await writeJson(out, report);
  await ensurePageBuilt();
  const template = await readFile(join(ROOT, 'dist/report/index.html'), 'utf8');
  await writeWhole(html, injectReport(template, report));
  return [out, html];
}
