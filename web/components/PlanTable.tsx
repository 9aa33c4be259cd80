import { Fragment } from 'preact';
import type { Plan, PlanStage } from '../../solver/documents/plan.ts';
import { milliseconds, number, percent } from '../format.ts';

interface PlanTableProps {
  readonly caption: string;
  readonly plans: readonly { readonly name: string; readonly plan: Pick<Plan, 'stages'> }[];
}

const HEADS = ['Variant', 'Backend', 'Batch', 'Wait', 'Replicas', 'Bound', 'Accuracy', 'Items/s'] as const;

/** What each stage of some plans runs. */
export function PlanTable({ caption, plans }: PlanTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="scroll" aria-label={caption} tabIndex={0}>
      <table class="plan-table">
        <thead>
          <tr>
            {plans.length > 1 && <th scope="col">Run</th>}
            <th scope="col">Stage</th>
            {HEADS.map((head, i) => (
              <th key={head} scope="col" class={i > 1 ? 'numeric' : undefined}>
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
      <td>{stage.variant}</td>
      <td>
        {stage.backend}
        {stage.threads > 1 && ` × ${stage.threads} threads`}
      </td>
      <td class="numeric">{stage.batch}</td>
      <td class="numeric">{milliseconds(stage.maxWaitMs)}</td>
      <td class="numeric">{stage.replicas}</td>
      <td class="numeric">{milliseconds(stage.boundMs)}</td>
      <td class="numeric">{percent(stage.accuracy)}</td>
      <td class="numeric">{number(stage.itemsPerS)}</td>
    </Fragment>
  );
}
