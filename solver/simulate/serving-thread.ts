/** A task whose end, at `atMs`, has a consequence. */
interface Task {
  readonly atMs: number;
  done(): void;
}

/** The one thread that serves requests and hands out batches. It does its tasks one after the other, in the order given. */
export class ServingThread {
  #freeMs = Number.NEGATIVE_INFINITY;
  readonly #tasks: Task[] = [];

  /** Time at which the thread will have done all tasks given so far. */
  get freeMs(): number {
    return this.#freeMs;
  }

  /** Gives the thread a task. @returns the time at which the task will be done */
  take(readyMs: number, takesMs: number): number {
    this.#freeMs = Math.max(this.#freeMs, readyMs) + takesMs;
    return this.#freeMs;
  }

  /** Gives the thread a task with a consequence: {@link next} calls `done`. */
  give(readyMs: number, takesMs: number, done: () => void): void {
    this.#tasks.push({ atMs: this.take(readyMs, takesMs), done });
  }

  /** Time at which the next task with a consequence will be done; infinity if there is none. */
  get nextMs(): number {
    return this.#tasks[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Ends the next task with a consequence. */
  next(): void {
    this.#tasks.shift()!.done();
  }

  /** Ends all tasks with a consequence, regardless of the time at which they would be done. */
  flush(): void {
    while (this.#tasks.length > 0) this.next();
  }
}
