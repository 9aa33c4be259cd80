import type { Plan, PlanStage } from '../../solver/documents/plan.ts';
import { CardTable } from './CardTable.tsx';
import { type Column, figures } from './DataTable.tsx';
import { milliseconds, percent, rate, sweepText } from './format.ts';
import { rowName } from './variants.ts';

interface PlanTableProps {
  readonly caption: string;
  readonly plans: readonly { readonly name: string; readonly plan: Pick<Plan, 'stages'> }[];
}

interface Row extends PlanStage {
  readonly plan: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { label: 'Variant', value: ({ variant }) => variant },
  { label: 'Backend', value: sweepText },
  figures('Batch', ({ batch }) => batch),
  figures('Wait', ({ maxWaitMs }) => maxWaitMs, milliseconds),
  figures('Replicas', ({ replicas }) => replicas),
  figures('Wait + slow batch', ({ boundMs }) => boundMs, milliseconds),
  figures('Accuracy', ({ accuracy }) => accuracy, percent),
  figures('Arriving', ({ itemsPerS }) => itemsPerS, rate),
];

/** Table of variant, batch and replicas of each stage, for one or more plans. */
export function PlanTable({ caption, plans }: PlanTableProps) {
  return (
    <CardTable
      label={caption}
      class="plan-table"
      corner="Stage"
      columns={COLUMNS}
      rows={plans.flatMap(({ name, plan }) => plan.stages.map((stage): Row => ({ ...stage, plan: name })))}
      rowKey={({ plan, name }) => `${plan}/${name}`}
      rowHead={(row) => (plans.length > 1 ? `${row.plan}: ${rowName(row)}` : rowName(row))}
    />
  );
}
