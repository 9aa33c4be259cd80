import { type Backend, type Device, onGpu } from '../../solver/documents/common.ts';

/** Whether some of these backends need a GPU that the device only emulates on its CPU. */
export const onSoftwareGpu = ({ adapter }: Device, backends: readonly Backend[]): boolean =>
  adapter?.software === true && backends.some(onGpu);
