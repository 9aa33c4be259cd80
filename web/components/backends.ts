import { type Backend, type Device, onGpu } from '../../solver/documents/common.ts';
import type { Profile } from '../../solver/documents/profile.ts';

export const backendsOf = ({ cells }: Profile): Backend[] => [
  ...new Set(cells.map(({ backend }) => backend)),
];

/** Whether some of these backends use the device's GPU, and a CPU does that GPU's work. */
export const onSoftwareGpu = ({ adapter }: Device, backends: readonly Backend[]): boolean =>
  adapter?.software === true && backends.some(onGpu);
