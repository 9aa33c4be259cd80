import { type Backend, type Device, onGpu } from '../../solver/documents/common.ts';

/** Whether some of these backends use the GPU while the device has only a software adapter, which runs on its CPU. */
export const onSoftwareGpu = ({ adapter }: Device, backends: readonly Backend[]): boolean =>
  adapter?.software === true && backends.some(onGpu);
