import { render } from 'preact';
import { parseJson } from '../../solver/documents/document.ts';
import { REPORT, reportSchema } from '../../solver/documents/report.ts';
import '../style.css';
import './report.css';
import { AdaptationReport } from './AdaptationReport.tsx';
import { Report } from './Report.tsx';
import { viewOf } from './view.ts';

const app = document.getElementById('app')!;
try {
  const text = document.getElementById('report')!.textContent;
  const report = parseJson(reportSchema, text, 'the report in this page', REPORT);
  document.title = `ipa-edge report: ${report.kind === 'adaptation' ? report.kind : report.pipeline}`;
  render(
    report.kind === 'adaptation' ? (
      <AdaptationReport report={report} json={text} />
    ) : (
      <Report view={viewOf(report)} json={text} />
    ),
    app,
  );
} catch (error) {
  render(
    <main>
      <h1>This report cannot be shown</h1>
      <pre>{String(error)}</pre>
    </main>,
    app,
  );
}
