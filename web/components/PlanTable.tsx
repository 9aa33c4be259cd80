import { Fragment } from 'preact';
import type { Plan, PlanStage } from '../../solver/documents/plan.ts';
import { milliseconds, number, percent } from './format.ts';

interface PlanTableProps {
  readonly caption: string;
  readonly plans: readonly { readonly name: string; readonly plan: Pick<Plan, 'stages'> }[];
}

interface Figure {
  readonly head: string;
  readonly numeric: boolean;
  readonly show: (stage: PlanStage) => string | number;
}

const text = (head: string, show: Figure['show']): Figure => ({ head, numeric: false, show });
const figure = (head: string, show: Figure['show']): Figure => ({ head, numeric: true, show });

const FIGURES: readonly Figure[] = [
  text('Variant', ({ variant }) => variant),
  text('Backend', ({ backend, threads }) => (threads > 1 ? `${backend} × ${threads} threads` : backend)),
  figure('Batch', ({ batch }) => batch),
  figure('Wait', ({ maxWaitMs }) => milliseconds(maxWaitMs)),
  figure('Replicas', ({ replicas }) => replicas),
  figure('Bound', ({ boundMs }) => milliseconds(boundMs)),
  figure('Accuracy', ({ accuracy }) => percent(accuracy)),
  figure('Items/s', ({ itemsPerS }) => number(itemsPerS)),
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
            {FIGURES.map(({ head, numeric }) => (
              <th key={head} scope="col" class={numeric ? 'numeric' : undefined}>
                {head}
              </th>
            ))}
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
                <StageCells stage={stage} />
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </section>
  );
}

function StageCells({ stage }: { readonly stage: PlanStage }) {
  return (
    <Fragment>
      <th scope="row">{stage.name}</th>
      {FIGURES.map(({ head, numeric, show }) => (
        <td key={head} class={numeric ? 'numeric' : undefined} data-head={head}>
          {show(stage)}
        </td>
      ))}
    </Fragment>
  );
}
