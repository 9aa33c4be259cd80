import type { Plan, PlanStage } from '../../solver/documents/plan.ts';
import { CardCells, type CardColumn, CardHeads } from './CardTable.tsx';
import { milliseconds, percent, rate } from './format.ts';

interface PlanTableProps {
  readonly caption: string;
  readonly plans: readonly { readonly name: string; readonly plan: Pick<Plan, 'stages'> }[];
}

type Column = CardColumn<PlanStage>;

const text = (head: string, show: Column['show']): Column => ({ head, show });
const figure = (head: string, show: Column['show']): Column => ({ head, numeric: true, show });

const COLUMNS: readonly Column[] = [
  text('Variant', ({ variant }) => variant),
  text('Backend', ({ backend, threads }) => (threads > 1 ? `${backend} × ${threads} threads` : backend)),
  figure('Batch', ({ batch }) => batch),
  figure('Wait', ({ maxWaitMs }) => milliseconds(maxWaitMs)),
  figure('Replicas', ({ replicas }) => replicas),
  figure('Time at most', ({ boundMs }) => milliseconds(boundMs)),
  figure('Accuracy', ({ accuracy }) => percent(accuracy)),
  figure('Arriving', ({ itemsPerS }) => rate(itemsPerS)),
];

/** Table of variant, batch and replicas of each stage, for one or more plans. */
export function PlanTable({ caption, plans }: PlanTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="scroll cards" aria-label={caption} tabIndex={0}>
      <table class="plan-table">
        <thead>
          <tr>
            {plans.length > 1 && <th scope="col">Run</th>}
            <th scope="col">Stage</th>
            <CardHeads columns={COLUMNS} />
          </tr>
        </thead>
        {plans.map(({ name, plan }) => (
          <tbody key={name}>
            {plan.stages.map((stage, i) => (
              <tr key={stage.name}>
                {plans.length > 1 && i === 0 && (
                  <th scope="rowgroup" rowSpan={plan.stages.length}>
                    {name}
                  </th>
                )}
                <th scope="row">{stage.name}</th>
                <CardCells columns={COLUMNS} row={stage} />
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </section>
  );
}
