import { render } from 'preact';
import { parseJson } from '../../solver/documents/document.ts';
import { type Report, reportSchema } from '../../solver/documents/report.ts';
import { REPORT } from '../../solver/documents/run-report.ts';
import '../styles/style.css';
import './report.css';
import { AdaptationReport } from './adaptation/AdaptationReport.tsx';
import { ProfileReport } from './profile/ProfileReport.tsx';
import { RunsReport } from './runs/RunsReport.tsx';

function shown(report: Report, json: string) {
  if (report.kind === 'adaptation') return <AdaptationReport report={report} json={json} />;
  if (report.kind === 'profile') return <ProfileReport report={report} json={json} />;
  return <RunsReport report={report} json={json} />;
}

const app = document.getElementById('app')!;
try {
  const text = document.getElementById('report')!.textContent;
  const report = parseJson(reportSchema, text, 'the report in this page', REPORT);
  render(shown(report, text), app);
} catch (error) {
  render(
    <main>
      <h1>This report cannot be shown</h1>
      <pre>{String(error)}</pre>
    </main>,
    app,
  );
}
