import type { ComponentChildren } from 'preact';
import type { Device } from '../../solver/documents/common.ts';
import { adapterText, DASH, milliseconds } from './format.ts';

interface NoticeProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

/** A warning for the user, above the results that it concerns. */
export function Notice({ title, children }: NoticeProps) {
  return (
    <p class="notice">
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

/** Facts about the device of a profile. */
export function DeviceFacts({ device }: { readonly device: Device }) {
  if (device.environment === 'published')
    return (
      <Facts
        facts={[
          ['Device', `${device.platform}, ${device.logicalCores} logical cores`],
          ['Published figures', device.agent],
        ]}
      />
    );
  const facts: [string, string][] = [
    ['Device', `${device.platform}, ${device.logicalCores} logical cores`],
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

export function Facts({ facts }: { readonly facts: readonly (readonly [string, string])[] }) {
  return (
    <dl class="facts">
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
