import { type Cell, cellId } from '../../solver/documents/cell.ts';
import type { ProfileProgress } from './types.ts';
import type { WorkClock } from './work-clock.ts';

/** Reports the progress of a profile, and estimates the time left from the time that the steps have taken so far. */
export class Progress {
  readonly #start: number;
  #phase: ProfileProgress['phase'] = 'models';
  #done = 0;
  #total = 1;
  #cellsStart = 0;

  constructor(
    private readonly budgetMs: number,
    private readonly clock: WorkClock,
    private readonly report: (progress: ProfileProgress) => void,
  ) {
    this.#start = clock.now();
  }

  /** Begins a phase of `total` steps. */
  phase(phase: ProfileProgress['phase'], total: number): void {
    if (phase === 'cells') this.#cellsStart = this.clock.now();
    this.#phase = phase;
    this.#done = 0;
    this.#total = total;
  }

  /** Lowers the number of steps in the phase, because some turned out not to be needed. */
  drop(steps: number): void {
    this.#total -= steps;
  }

  /** Reports which step begins. */
  working(current: string): void {
    this.#send(current);
  }

  /** Reports a completed step. @param finished the cell that the step measured */
  step(current: string, finished?: Cell): void {
    this.#done++;
    this.#send(current, finished && { finished });
  }

  /** Reports a step that an interrupted profile had completed. */
  recall(recalled: Cell): void {
    this.#done++;
    this.#send(cellId(recalled), { recalled });
  }

  #send(current: string, cell: Pick<ProfileProgress, 'finished' | 'recalled'> = {}): void {
    this.report({
      phase: this.#phase,
      done: this.#done,
      total: this.#total,
      timeLeftMs: this.#timeLeftMs(),
      current,
      ...cell,
    });
  }

  #timeLeftMs(): number | null {
    const now = this.clock.now();
    if (this.#phase === 'models' || this.#phase === 'accuracy') {
      const rest = this.#done ? ((now - this.#start) / this.#done) * (this.#total - this.#done) : null;
      return rest === null ? null : rest + this.budgetMs;
    }
    const spent = now - this.#cellsStart;
    const budgetLeft = Math.max(0, this.budgetMs - spent);
    if (this.#phase === 'refine') return budgetLeft;
    // The smallest batch of each variant is measured even if that takes more than the budget.
    const needed = this.#done ? (spent / this.#done) * (this.#total - this.#done) : 0;
    return Math.max(budgetLeft, needed);
  }
}
