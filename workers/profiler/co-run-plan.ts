import type { CellKey } from '../../solver/documents/cell.ts';
import { type Backend, onGpu } from '../../solver/documents/common.ts';

/** Share of a profile's budget for measuring one pair of workers. `PAIR_MS_MAX`, reached at a budget of 100 s, suffices. */
const SHARE = 0.08;
const PAIR_MS_MAX = 8000;
const PAIR_MS_MIN = 400;

/** How long each pair of workers may be measured, alone and side by side, in ms. */
export const coRunMs = (budgetS: number): number =>
  Math.min(PAIR_MS_MAX, Math.max(PAIR_MS_MIN, SHARE * 1000 * budgetS));

/** Backend and thread count of two workers that are measured together. */
export type WorkerKind = Pick<CellKey, 'backend' | 'threads'>;

/** The backends and thread counts for which two workers fit on this machine's cores, or share its GPU. */
export const coRunnable = (cells: readonly CellKey[], logicalCores: number): WorkerKind[] => [
  ...new Map(
    cells
      .filter(({ backend, threads }) => onGpu(backend) || 2 * threads <= logicalCores)
      .map(({ backend, threads }) => [`${backend}/${threads}`, { backend, threads }]),
  ).values(),
];

/** Number of pairs measured for each thread count of a backend: one of different stages and, on a CPU, one of the same stage. */
export const coRunPairs = (stages: number, backend: Backend): number =>
  (stages > 1 ? 1 : 0) + (onGpu(backend) ? 0 : 1);
