import type { ComponentChildren } from 'preact';
import type { Device, PackFacts } from '../../solver/documents/common.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { packNote } from '../../solver/report/pack-note.ts';
import { budgetText } from './budget.ts';
import { adapterText, DASH, milliseconds, plural } from './format.ts';
import { Term } from './Term.tsx';

interface NoticeProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

/** A warning for the user, above the results that it concerns. */
export function Notice({ title, children }: NoticeProps) {
  return (
    <p class="row baseline notice">
      <strong>{title}</strong>
      <span>{children}</span>
    </p>
  );
}

/** The warning for all webgpu results of a device without a GPU. */
export function SoftwareNotice() {
  return (
    <Notice title="SOFTWARE ADAPTER">
      WebGPU ran on the CPU. The webgpu figures say nothing about a GPU.
    </Notice>
  );
}

/** The warning for a profile whose budget was too small for all its cells. */
export function BudgetNotice({ profile }: { readonly profile: Profile }) {
  const text = budgetText(profile);
  return text && <Notice title="SHORT BUDGET">{text}</Notice>;
}

export function MeasuredOn({ pack }: { readonly pack: PackFacts | null | undefined }) {
  const note = packNote(pack);
  return note === null ? null : <p class="muted">{note}</p>;
}

export function DeviceFacts({ device }: { readonly device: Device }) {
  const machine = ['Device', `${device.platform}, ${plural(device.logicalCores, 'logical core')}`] as const;
  if (device.environment === 'published')
    return <Facts facts={[machine, ['Published figures', device.agent]]} />;
  const facts: FactsProps['facts'] = [
    machine,
    [device.environment === 'browser' ? 'Browser' : 'Runtime', device.agent],
    ['Adapter', adapterText(device.adapter)],
    ['ONNX Runtime', `${device.ortVersion}, ${device.ortBuild} build`],
    [
      'Cross-origin isolated',
      device.environment !== 'browser' ? DASH : device.crossOriginIsolated ? 'yes' : 'no',
    ],
    ['Timer grain', milliseconds(device.timerGrainMs)],
  ];
  return <Facts facts={facts} />;
}

interface FactsProps {
  readonly facts: readonly (readonly [term: string, value: ComponentChildren])[];
  readonly class?: string;
}

export function Facts({ facts, class: own = '' }: FactsProps) {
  return (
    <dl class={`row facts ${own}`}>
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt class="muted fine">
            <Term>{term}</Term>
          </dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
