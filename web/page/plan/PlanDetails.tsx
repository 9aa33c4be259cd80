import { Facts } from '../../components/Device.tsx';
import { inTimeText, milliseconds, number } from '../../components/format.ts';
import { planFile } from '../../state/files/exports.ts';
import type { ShownPlan } from './shown-plan.ts';

/** A fold with further figures of the plan, the proof that no other choice is better, and the command that serves the plan. */
export function PlanDetails({ shown: { head, predicted, boundMs } }: { readonly shown: ShownPlan }) {
  return (
    <details class="fold">
      <summary>More about this plan</summary>
      <Facts
        facts={[
          ...(predicted?.slowerAttainment === undefined
            ? []
            : [['In time if slower', inTimeText(predicted.slowerAttainment)] as const]),
          ['Goodput', predicted ? `${number(predicted.goodputPerS)} /s` : '…'],
          ['Bound', milliseconds(boundMs)],
          ['Certificate', head.certificate],
        ]}
      />
      <p class="muted">
        To serve the saved plan on any machine, with the server of ipa-edge:{' '}
        <code>
          ipa-agent serve <span class="argument">--plan {planFile(head)}</span>{' '}
          <span class="argument">--replan</span>
        </code>
      </p>
    </details>
  );
}
