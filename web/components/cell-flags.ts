import type { CellFlag } from '../../solver/documents/cell.ts';

/** These flags tell where a figure is from. Every other flag says that the figure needs care. */
const ORIGINS: readonly CellFlag[] = ['software-adapter', 'cpu-fallback', 'published', 'reconstructed'];

/** The severity of a mark beside a figure. */
export type Weight = 'bad' | 'warn' | 'note';

export const weightOf = (flag: CellFlag): Weight =>
  flag === 'output-mismatch' ? 'bad' : ORIGINS.includes(flag) ? 'note' : 'warn';
