import { type Cell, cellId } from '../../solver/documents/profile.ts';
import type { ProfileProgress } from './types.ts';
import type { WorkClock } from './work-clock.ts';

/** Tells how far a profile is, and how long it will take from what was measured so far. */
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

  phase(phase: ProfileProgress['phase'], total: number): void {
    if (phase === 'cells') this.#cellsStart = this.clock.now();
    this.#phase = phase;
    this.#done = 0;
    this.#total = total;
  }

  /** Steps that turned out not to be needed. */
  drop(steps: number): void {
    this.#total -= steps;
  }

  working(current: string): void {
    this.#tell(current);
  }

  step(current: string, finished?: Cell): void {
    this.#done++;
    this.#tell(current, finished && { finished });
  }

  /** A step that an earlier, interrupted profile took. */
  recall(recalled: Cell): void {
    this.#done++;
    this.#tell(cellId(recalled), { recalled });
  }

  #tell(current: string, cell: Pick<ProfileProgress, 'finished' | 'recalled'> = {}): void {
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
    // Cells that must be measured may need more than the budget.
    const needed = this.#done ? (spent / this.#done) * (this.#total - this.#done) : 0;
    return Math.max(budgetLeft, needed);
  }
}
