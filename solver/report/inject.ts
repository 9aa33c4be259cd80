import type { Report } from '../documents/report.ts';

const PLACE = '<script type="application/json" id="report"></script>';

/**
 * Puts a report into the built report page. `<` is escaped, so that no text of the report can end the script element.
 * @param template the text of `dist/report/index.html`
 */
export function injectReport(template: string, report: Report): string {
  const at = template.indexOf(PLACE);
  if (at < 0) throw new Error(`The report page has no ${PLACE}. Build it again.`);
  const json = JSON.stringify(report).replaceAll('<', '\\u003c');
  return template.slice(0, at) + PLACE.replace('></', () => `>${json}</`) + template.slice(at + PLACE.length);
}

/** The JSON of the report in a page that {@link injectReport} made; null if the page has none. */
export function reportIn(page: string): string | null {
  const [open] = PLACE.split('</');
  const from = page.indexOf(open!);
  if (from < 0) return null;
  const start = from + open!.length;
  return page.slice(start, page.indexOf('</script>', start));
}
