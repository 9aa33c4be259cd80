import { type Backend, type Device, onGpu } from '../../solver/documents/common.ts';

/** Whether some of these backends use the device's GPU, and a CPU does that GPU's work. */
export const onSoftwareGpu = ({ adapter }: Device, backends: readonly Backend[]): boolean =>
  adapter?.software === true && backends.some(onGpu);
