import { type Cell, type CellKey, cellId, keyOf } from '../../solver/documents/cell.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { estimateLeft, type Refined } from './time-left.ts';
import type { ProfileProgress } from './types.ts';
import type { Clock } from './work-clock.ts';

/** Until the time left can be estimated, the budget is assumed to be this share of the time left. */
const GUESS = 0.75;

/** What a profile is going to measure. */
export interface ProfilePlan {
  /** Cells of the first pass: first the `smallest` with the smallest batch of their variant, then the others by batch size. */
  readonly cells: readonly CellKey[];
  /** Number of the first cells, which are measured whatever the budget. */
  readonly smallest: number;
  /** Number of pairs of workers that are measured side by side. */
  readonly coRuns: number;
}

/**
 * Reports the progress of a profile: one share over all phases that never falls, and a time left that never rises. Where an
 * estimate turns out to have been too low, the time left stands still until the work has caught up.
 */
export class Progress {
  readonly #start: number;
  #lastStep: number;
  #phase: ProfileProgress['phase'] = 'models';
  #done = 0;
  #total = 1;
  #leftMs: number | null = null;
  #share = 0;
  #accuracyAhead: string[] = [];
  #items: ReadonlyMap<string, number> = new Map();
  readonly #accuracyMs = new Map<string, number>();
  #cellsStart: number | null = null;
  #plan: ProfilePlan = { cells: [], smallest: 0, coRuns: 0 };
  #ahead = new Map<string, CellKey>();
  readonly #finished = new Map<string, Cell>();
  readonly #restMs: number[] = [];
  readonly #refined = new Map<string, Refined>();
  #coRunsAhead = 0;
  /** The assumed time that an interrupted profile took to measure the cells that were recalled from its journal. */
  #recalledMs = 0;

  /** @param reference the backend on which accuracy is measured */
  constructor(
    private readonly budgetMs: number,
    private readonly reference: Backend,
    private readonly clock: Clock,
    private readonly report: (progress: ProfileProgress) => void,
  ) {
    this.#start = this.#lastStep = clock.now();
  }

  /** Takes note of what will be measured, once the models are loaded. */
  plan(plan: ProfilePlan): void {
    this.#plan = plan;
    this.#ahead = new Map(plan.cells.map((key) => [cellId(key), key]));
    this.#coRunsAhead = plan.coRuns;
  }

  /**
   * Begins to measure accuracy.
   * @param steps named `stage/variant`, in order
   * @param items number of items that a step runs, by stage
   */
  accuracy(steps: readonly string[], items: ReadonlyMap<string, number>): void {
    this.#accuracyAhead = [...steps];
    this.#items = items;
    this.begin('accuracy', steps.length);
  }

  /** Begins a phase. @param total number of its steps; by default that of the cells of the first pass */
  begin(phase: ProfileProgress['phase'], total = this.#plan.cells.length): void {
    if (phase === 'cells') this.#cellsStart = this.clock.now();
    // These phases follow the first pass, so none of its cells is still to come.
    if (phase === 'co-run' || phase === 'pauses' || phase === 'refine') {
      this.#ahead.clear();
      this.#coRunsAhead = phase === 'co-run' ? total : 0;
    }
    this.#phase = phase;
    this.#total = total;
    this.#done = phase === 'refine' ? total : 0;
    this.#lastStep = this.clock.now();
  }

  /** Counts cells that turned out not to be needed as done. */
  drop(keys: readonly CellKey[]): void {
    for (const key of keys) this.#ahead.delete(cellId(key));
    this.#done += keys.length;
  }

  /** Reports which step begins. */
  working(current: string | CellKey): void {
    this.#send(current);
  }

  /** Reports a completed step. @param current a description of the step, or the cell that it measured */
  step(current: string | Cell): void {
    const now = this.clock.now();
    const ms = now - this.#lastStep;
    this.#lastStep = now;
    if (typeof current !== 'string') this.#finish(current, ms);
    else if (this.#phase === 'accuracy') {
      this.#accuracyAhead.shift();
      this.#accuracyMs.set(current, ms);
    }
    if (this.#phase === 'co-run') this.#coRunsAhead--;
    if (this.#phase !== 'refine') this.#done++;
    this.#send(current, typeof current === 'string' ? {} : { finished: current });
  }

  /** @param ms time that the cell's last step took */
  #finish(cell: Cell, ms: number): void {
    const id = cellId(cell);
    const before = this.#finished.get(id);
    this.#finished.set(id, cell);
    this.#ahead.delete(id);
    if (cell.state !== 'measured') return;
    const { n, mean } = cell.latencyMs;
    if (this.#phase !== 'refine') {
      this.#restMs.push(Math.max(0, ms - n * mean));
      return;
    }
    const so = this.#refined.get(id) ?? { samples: 0, ms: 0 };
    const had = before?.state === 'measured' ? before.latencyMs.n : 0;
    this.#refined.set(id, { samples: so.samples + n - had, ms: so.ms + ms });
  }

  /** Reports a cell that an interrupted profile had measured. */
  recall(recalled: Cell): void {
    this.#finished.set(cellId(recalled), recalled);
    this.#ahead.delete(cellId(recalled));
    this.#done++;
    this.#recalledMs += this.budgetMs / (2 * this.#plan.cells.length);
    this.#send(recalled, { recalled });
  }

  /** Reports a step of measuring accuracy that an interrupted profile had done. */
  recallAccuracy(what: string): void {
    this.#accuracyAhead.shift();
    this.#done++;
    this.#send(what);
  }

  #send(current: string | CellKey, cell: Pick<ProfileProgress, 'finished' | 'recalled'> = {}): void {
    const estimate = this.#estimate();
    if (estimate !== null) this.#leftMs = Math.min(estimate, this.#leftMs ?? estimate);
    const doneMs = this.clock.now() - this.#start + this.#recalledMs;
    const share = doneMs / Math.max(1, doneMs + (this.#leftMs ?? this.budgetMs / GUESS));
    this.#share = Math.max(this.#share, share);
    this.report({
      phase: this.#phase,
      done: this.#done,
      total: this.#total,
      share: this.#share,
      timeLeftMs: this.#leftMs,
      current: typeof current === 'string' ? current : keyOf(current),
      ...cell,
    });
  }

  #estimate(): number | null {
    if (this.#phase === 'models') return null;
    const { smallest, cells } = this.#plan;
    const settled = cells.length - this.#ahead.size;
    return estimateLeft({
      budgetMs: this.budgetMs,
      spentMs: this.#cellsStart === null ? 0 : this.clock.now() - this.#cellsStart,
      accuracy: {
        reference: this.reference,
        ahead: this.#accuracyAhead,
        stepsMs: this.#accuracyMs,
        items: this.#items,
      },
      planned: cells.length,
      ahead: [...this.#ahead.values()],
      smallestAhead: Math.max(0, smallest - settled),
      finished: [...this.#finished.values()],
      restMs: this.#restMs,
      refined: this.#refined,
      coRunsAhead: this.#coRunsAhead,
    });
  }
}
