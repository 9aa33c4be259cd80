import type { Plan } from '../../../solver/documents/plan.ts';
import { attainmentFigure } from '../../../solver/math/figures.ts';
import { CardTable } from '../../components/CardTable.tsx';
import { costText } from '../../components/cost.ts';
import { DASH, inTimeText, milliseconds, number, percent, rate } from '../../components/format.ts';

/** Table of two plans' predictions and their differences. */
export function Comparison({ pinned, plan }: { readonly pinned: Plan; readonly plan: Plan }) {
  const rows: { name: string; text: (figure: Figure) => string }[] = [
    { name: 'pinned', text: ({ value, show }) => show(value(pinned), pinned) },
    { name: 'this', text: ({ value, show }) => show(value(plan), plan) },
    { name: 'difference', text: (figure) => differenceText(figure, pinned, plan) },
  ];
  return (
    <CardTable
      label="Pinned plan beside this one"
      class="comparison-table"
      corner="Plan"
      columns={FIGURES.map((figure) => ({
        label: figure.label,
        numeric: true,
        show: ({ text }: (typeof rows)[number]) => text(figure),
      }))}
      rows={rows}
      rowKey={({ name }) => name}
      rowHead={({ name }) => name}
    />
  );
}

interface Figure {
  readonly label: string;
  readonly value: (plan: Plan) => number | null;
  /** @param of the plan whose figure it is: the unit of a cost depends on the plan's prices and backends */
  readonly show: (value: number | null, of: Pick<Plan, 'resources' | 'stages'>) => string;
  readonly difference?: (value: number) => string;
}

const points = (share: number): string => `${number(100 * share, 1)} points`;

/** Rounded as it is shown, so that the difference is that of the figures in the table. */
const accuracy = (share: number | null): number | null => share && Number(share.toFixed(3));

export const FIGURES: readonly Figure[] = [
  { label: 'SLA', value: ({ slaMs }) => slaMs, show: milliseconds },
  { label: 'Arrival rate', value: ({ ratePerS }) => ratePerS, show: rate },
  {
    label: 'Attainment',
    // Rounded down as it is shown, as accuracies are.
    value: ({ predicted }) => attainmentFigure(predicted.slaAttainment, 3),
    show: (value) => inTimeText(value),
    difference: points,
  },
  { label: 'p95', value: ({ predicted }) => predicted.latencyMs?.p95 ?? null, show: milliseconds },
  {
    label: 'Accuracy, end to end',
    value: ({ predicted }) => accuracy(predicted.endToEnd),
    show: percent,
    difference: points,
  },
  { label: 'PAS', value: ({ predicted }) => accuracy(predicted.pas), show: percent, difference: points },
  {
    label: 'Cost',
    value: ({ predicted }) => predicted.cost,
    show: (value, of) => (value === null ? DASH : costText(value, of)),
  },
];

export function differenceText({ value, show, difference }: Figure, pinned: Plan, plan: Plan): string {
  const [before, now] = [value(pinned), value(plan)];
  if (before === null || now === null) return DASH;
  // A table with two equal figures must not show a difference of 0.0 between them.
  if (show(before, pinned) === show(now, plan)) return 'same';
  const by = Math.abs(now - before);
  const both = { ...plan, stages: [...pinned.stages, ...plan.stages] };
  return `${now > before ? '+' : '−'}${difference ? difference(by) : show(by, both)}`;
}
