import type { ComponentChildren } from 'preact';
import type { Device } from '../../solver/documents/common.ts';
import { DASH, milliseconds } from './format.ts';

interface NoticeProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

/** Seen at once: what the figures do not say. */
export function Notice({ title, children }: NoticeProps) {
  return (
    <p class="notice">
      <strong>{title}</strong>
      <span>{children}</span>
    </p>
  );
}

/** Said in words: nothing measured on this adapter tells of a GPU. */
export function SoftwareNotice() {
  return (
    <Notice title="SOFTWARE ADAPTER">
      A CPU plays the GPU. No webgpu figure here says anything about a GPU.
    </Notice>
  );
}

export const adapterText = (adapter: Device['adapter']): string =>
  adapter
    ? [adapter.vendor, adapter.architecture, adapter.description].filter(Boolean).join(' · ') || 'not named'
    : 'none';

/** What was measured on. */
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
