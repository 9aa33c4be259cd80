import { useState } from 'preact/hooks';
import type { Comparison, AdaptationReport as Document } from '../../solver/documents/report.ts';
import { Facts, Notice } from '../components/Device.tsx';
import { date, plural } from '../components/format.ts';
import { AdaptationSummary } from './AdaptationSummary.tsx';
import { ComparisonDetails } from './ComparisonDetails.tsx';
import { Title } from './Title.tsx';

interface AdaptationReportProps {
  readonly report: Document;
  readonly json: string;
}

/** How systems that adapt compare, for every pipeline and workload. */
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
        <Notice title="SIMULATED">On the profiles' service times: nothing ran.</Notice>
        <Facts
          facts={[
            ['Compared', plural(comparisons.length, 'pipeline and workload', 'pipelines and workloads')],
            ['Made', date(report.createdAt)],
            ['Seed', String(report.seed)],
          ]}
        />
      </header>
      <main>
        <section>
          <h2>What came out</h2>
          <AdaptationSummary
            comparisons={comparisons}
            idOf={idOf}
            onOpen={(comparison) => toggle(comparison, true)}
          />
        </section>
        <section>
          <h2>Comparisons</h2>
          <p class="muted">Each opens to its charts and the table of all its runs.</p>
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
      <Words />
    </>
  );
}

function Words() {
  return (
    <footer class="foot">
      <p>
        Attainment: requests completed within the SLA ÷ requests sent; shed and failed ones are misses. PAS:
        product of the stages' accuracies. Cost: price per core × cores held + price per GPU × share of its
        time. PAS and cost are means over time. Ours is asked for a percentile of latency within the SLA, and
        weighs cost with β where accuracy has 1. The oracle is ours with the future in place of a forecast.
        Over time, figures are of stretches of 10 s; a p95 of under 20 requests is not told.
      </p>
    </footer>
  );
}
