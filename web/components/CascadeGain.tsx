import type { FrontierPoint } from '../../solver/documents/report.ts';
import { type AtCost, cascadeGains } from '../../solver/frontier/cascade-gains.ts';
import { cascadeGainSentences, NO_GAIN } from '../../solver/report/cascade-gain-text.ts';
import { pointVariants } from '../../solver/report/cascade-text.ts';
import { type Column, DataTable, figures } from './DataTable.tsx';
import { chain, DASH, number, percent } from './format.ts';
import { Sentences } from './Term.tsx';

interface CascadeGainProps {
  readonly caption: string;
  readonly points: readonly FrontierPoint[];
  /** The frontier without cascades. */
  readonly without: readonly FrontierPoint[];
  readonly stages: readonly string[];
}

/** What cascades gain: sentences, and a table of the best accuracy for each cost with and without them. */
export function CascadeGain({ caption, points, without, stages }: CascadeGainProps) {
  if (without.length === 0) return null;
  const sentences = cascadeGainSentences(points, without);
  return (
    <>
      <p class="muted">
        In a cascade one variant answers first, and a more accurate one answers the items of which the first
        is not sure.
      </p>
      <Sentences of={sentences} />
      {!sentences.includes(NO_GAIN) && (
        <DataTable
          caption={caption}
          columns={columns(stages)}
          rows={cascadeGains(points, without)}
          rowKey={({ cost }) => String(cost)}
        />
      )}
    </>
  );
}

const columns = (stages: readonly string[]): Column<AtCost>[] => [
  figures('Cost', ({ cost }) => cost, number),
  figures('PAS without cascades', ({ bestWithout }) => bestWithout?.accuracy ?? null, percent),
  figures('PAS', ({ best }) => best.accuracy, percent),
  {
    label: 'Variants without cascades',
    value: ({ bestWithout }) => (bestWithout ? chain(pointVariants(bestWithout), stages) : DASH),
  },
  { label: 'Variants', value: ({ best }) => chain(pointVariants(best), stages) },
];
