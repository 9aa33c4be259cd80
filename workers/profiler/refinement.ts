import { cellId, type MeasuredCell } from '../../solver/documents/cell.ts';
import type { Random } from '../../solver/math/random.ts';
import { sum } from '../../solver/math/statistics.ts';

/** The samples of the first pass over all cells may take this share of the budget, so that time is left for more samples. */
export const FIRST_PASS_SHARE = 0.3;
/** Most time for more samples of one cell, before the next cell is chosen. */
const MOMENT_MS = 500;
/**
 * Each cell gets samples at this many moments or more, the first pass included, unless its session may have to be opened again.
 * A machine may be up to 1.5 times as fast for some seconds, so the samples of one moment may agree well and all be wrong.
 */
const MOMENTS = 3;

/** Width of the confidence interval of the median latency, relative to the median; 0 if a coarse clock measured only 0 ms. */
const relativeWidth = ({ latencyMs: { p50, p50Low, p50High } }: Pick<MeasuredCell, 'latencyMs'>): number =>
  p50High > p50Low ? (p50High - p50Low) / p50 : 0;

/** A cell with this many samples gets no more. */
export const ENOUGH_SAMPLES = 400;
/** A cell whose relative width is at most this gets no more samples once it has those of its {@link MOMENTS}. */
const ENOUGH_WIDTH = 0.02;

/** A cell with fewer samples gets a minimum relative width, because its confidence interval may be narrow by chance. */
const FEW_SAMPLES = 20;

/** Factor on the width: most intervals narrow more slowly than 1 / √n, because fast and slow latencies come in spells. */
const SPELLS = 1.12;

/** Number of samples that a cell is expected to get from now on: until its interval is narrow or {@link ENOUGH_SAMPLES}. */
export function samplesToCome(cell: Pick<MeasuredCell, 'latencyMs'>): number {
  const { n } = cell.latencyMs;
  const width = relativeWidth(cell);
  if (width <= ENOUGH_WIDTH) return 0;
  const narrow = n * ((SPELLS * width) / ENOUGH_WIDTH) ** 2;
  return Math.max(0, Math.min(ENOUGH_SAMPLES, narrow) - n);
}

/** Chooses which cells get more samples after the first pass. */
export class Refinement {
  /** How often each cell was chosen, by its id. */
  readonly #chosen = new Map<string, number>();
  readonly #moments: number;

  /** @param opensAgain whether a cell's session may have to be opened again, which takes longer than its samples */
  constructor(
    private readonly random: Random,
    opensAgain: boolean,
  ) {
    this.#moments = opensAgain ? 1 : MOMENTS;
  }

  /**
   * Chooses the cell that gets samples next, and for how long. First come the cells that were measured least often, until each
   * cell has samples of {@link MOMENTS} moments. Then comes the cell with the widest confidence interval. If sessions have to be
   * opened again, that cell comes at once.
   * @returns undefined if no cell needs samples, or no batch fits in the time left
   */
  next(
    cells: readonly MeasuredCell[],
    timeLeftMs: number,
  ): { readonly cell: MeasuredCell; readonly forMs: number } | undefined {
    const open = cells.filter(
      ({ latencyMs }) => latencyMs.mean <= timeLeftMs && latencyMs.n < ENOUGH_SAMPLES,
    );
    const moments = open.map((cell) =>
      Math.max(0, this.#moments - 1 - (this.#chosen.get(cellId(cell)) ?? 0)),
    );
    const toCome = sum(moments);
    const cell = toCome > 0 ? this.#leastMeasured(open, moments) : mostUncertain(open);
    if (!cell) return undefined;
    this.#chosen.set(cellId(cell), (this.#chosen.get(cellId(cell)) ?? 0) + 1);
    return { cell, forMs: Math.min(MOMENT_MS, timeLeftMs / Math.max(1, toCome)) };
  }

  /** Draws one of the least measured cells, because in a fixed order one spell would affect all cells of a batch size. */
  #leastMeasured(cells: readonly MeasuredCell[], moments: readonly number[]): MeasuredCell {
    const most = Math.max(...moments);
    const least = cells.filter((_, i) => moments[i] === most);
    return least[Math.floor(this.random() * least.length)]!;
  }
}

/** The cell with the widest confidence interval; undefined if all are narrow. */
function mostUncertain(cells: readonly MeasuredCell[]): MeasuredCell | undefined {
  let widest: MeasuredCell | undefined;
  let worst = ENOUGH_WIDTH;
  for (const cell of cells) {
    const { n } = cell.latencyMs;
    // 0.5 / √n is the relative width to expect from n samples.
    const width = Math.max(relativeWidth(cell), n < FEW_SAMPLES ? 0.5 / Math.sqrt(n) : 0);
    if (width > worst) {
      worst = width;
      widest = cell;
    }
  }
  return widest;
}
