import { useState } from 'preact/hooks';
import type {
  Comparison,
  AdaptationReport as ReportDocument,
} from '../../../solver/documents/adaptation-report.ts';
import { Facts, Notice } from '../../components/Device.tsx';
import { date, plural } from '../../components/format.ts';
import { Title } from '../parts/Title.tsx';
import { AdaptationSummary } from './AdaptationSummary.tsx';
import { ComparisonDetails } from './ComparisonDetails.tsx';

interface AdaptationReportProps {
  readonly report: ReportDocument;
  readonly json: string;
}

/** Report that compares adaptive systems, for every pipeline and load. */
export function AdaptationReport({ report, json }: AdaptationReportProps) {
  const { comparisons } = report;
  const [opened, setOpened] = useState<ReadonlySet<Comparison>>(new Set());
  const toggle = (comparison: Comparison, open: boolean) =>
    setOpened((before) => new Set([...before, comparison].filter((one) => open || one !== comparison)));
  const idOf = (comparison: Comparison): string => `comparison-${comparisons.indexOf(comparison)}`;
  return (
    <>
      <header class="top">
        <Title name="adaptation" json={json} />
        <Notice title="SIMULATED">With the profiles' service times: nothing ran.</Notice>
        <Facts
          facts={[
            ['Compared', plural(comparisons.length, 'pipeline and load', 'pipelines and loads')],
            ['Made', date(report.createdAt)],
            ['Seed', String(report.seed)],
          ]}
        />
      </header>
      <main>
        <section>
          <h2>Results</h2>
          <AdaptationSummary
            comparisons={comparisons}
            idOf={idOf}
            onOpen={(comparison) => toggle(comparison, true)}
          />
        </section>
        <section>
          <h2>Comparisons</h2>
          <p class="muted">Each comparison opens to its charts and the table of all its runs.</p>
          {comparisons.map((comparison) => (
            <ComparisonDetails
              key={idOf(comparison)}
              id={idOf(comparison)}
              comparison={comparison}
              open={opened.has(comparison)}
              onToggle={(open) => toggle(comparison, open)}
            />
          ))}
        </section>
      </main>
      <Glossary />
    </>
  );
}

function Glossary() {
  return (
    <footer class="foot muted small">
      <p>
        Attainment: requests completed within the SLA ÷ requests sent; shed and failed requests are misses.
        PAS: the product of the stages' accuracies. Cost: price per core × cores held + price per GPU × share
        of its time. PAS and cost are means over time. Ours: ipa-edge; it keeps a percentile of latency within
        the SLA, and weighs cost with β and accuracy with 1. Oracle: the same system, which knows the future
        instead of a forecast. Figures over time are of stretches of 10 s; a p95 needs at least 20 requests.
      </p>
    </footer>
  );
}
