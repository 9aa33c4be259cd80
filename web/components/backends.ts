import type { CellKey } from '../../solver/documents/cell.ts';
import { type Backend, type Device, onGpu } from '../../solver/documents/common.ts';

/** A backend with the number of threads for which a profile has cells. */
export type Sweep = Pick<CellKey, 'backend' | 'threads'>;

/** Sorts backends: GPUs come first, then CPU backends by their thread counts. */
export const gpusFirst = (a: Sweep, b: Sweep): number => rank(a) - rank(b);

const rank = ({ backend, threads }: Sweep): number => (onGpu(backend) ? 0 : threads);

/** Whether some of these backends use the GPU while the device has only a software adapter, which runs on its CPU. */
export const onSoftwareGpu = ({ adapter }: Device, backends: readonly Backend[]): boolean =>
  adapter?.software === true && backends.some(onGpu);
