import type { FrontierPoint } from '../../solver/documents/report.ts';
import { betaRange, type CostAndAccuracy, sameCostAndAccuracy } from '../../solver/frontier/weights.ts';
import { pointBatches, pointVariants } from '../../solver/report/cascade-text.ts';
import { type Column, DataTable, figures } from './DataTable.tsx';
import { chain, milliseconds, number, percent } from './format.ts';

interface FrontierTableProps {
  readonly caption: string;
  readonly points: readonly FrontierPoint[];
  readonly stages: readonly string[];
  /** Cost and accuracy of the plan, whose row is marked; null without a plan. */
  readonly chosen: CostAndAccuracy | null;
  /** Returns a function that chooses the point, or null if no β chooses it. Without this property the table has no buttons. */
  readonly choose?: (point: FrontierPoint) => (() => void) | null;
}

/** Table of all points of the frontier, each with the β that chooses it. */
export function FrontierTable({ caption, points, stages, chosen, choose }: FrontierTableProps) {
  return (
    <DataTable
      caption={caption}
      columns={choose ? [...columns(stages), chooseColumn(stages, choose)] : columns(stages)}
      rows={points}
      rowKey={({ accuracy, cost, boundMs }) => `${accuracy} ${cost} ${boundMs}`}
      marked={(point) => chosen !== null && sameCostAndAccuracy(point, chosen)}
    />
  );
}

const chooseColumn = (
  stages: readonly string[],
  choose: NonNullable<FrontierTableProps['choose']>,
): Column<FrontierPoint> => ({
  label: 'Choose',
  value: (point) => (choose(point) ? 1 : 0),
  show(point) {
    const chosen = choose(point);
    if (!chosen) return 'no β chooses it';
    return (
      <button
        type="button"
        class="link"
        aria-label={`Choose ${chain(pointVariants(point), stages)}, cost ${number(point.cost)}, bound ${milliseconds(point.boundMs)}`}
        onClick={chosen}
      >
        Choose
      </button>
    );
  },
});

const columns = (stages: readonly string[]): Column<FrontierPoint>[] => [
  { label: 'Variants', value: (p) => chain(pointVariants(p), stages) },
  figures('Cost', (p) => p.cost, number),
  figures('PAS', (p) => p.accuracy, percent),
  figures('Bound', (p) => p.boundMs, milliseconds),
  { label: 'Batches', value: (p) => stages.map((stage) => pointBatches(p, stage)).join(',\u00a0') },
  // This β chooses the point if α = 1 and the point's latency bound is the SLA.
  {
    label: 'Chosen with β',
    numeric: true,
    value: (p) => p.weights?.betaMin ?? null,
    show: (p) => betaRange(p.weights),
  },
];
