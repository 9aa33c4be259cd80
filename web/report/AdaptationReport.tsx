import type { AdaptationReport as Document } from '../../solver/documents/report.ts';
import { Facts } from '../components/Device.tsx';
import { date, plural } from '../format.ts';
import { saveText } from '../save-text.ts';

interface AdaptationReportProps {
  readonly report: Document;
  readonly json: string;
}

/** How systems that adapt compare, for every pipeline and workload. */
export function AdaptationReport({ report, json }: AdaptationReportProps) {
  return (
    <header class="top">
      <div class="title-row">
        <h1>
          <span class="muted">ipa-edge report</span> adaptation
        </h1>
        <button type="button" onClick={() => saveText('adaptation-report.json', json)}>
          Save as JSON
        </button>
      </div>
      <Facts
        facts={[
          ['Compared', plural(report.comparisons.length, 'pipeline and workload', 'pipelines and workloads')],
          ['Made', date(report.createdAt)],
          ['Seed', String(report.seed)],
        ]}
      />
    </header>
  );
}
