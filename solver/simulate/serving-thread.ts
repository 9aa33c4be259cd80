/** What the thread will have done at a time. */
interface Task {
  readonly atMs: number;
  done(): void;
}

/** The one thread that serves requests and hands out batches. It does one task after the other, in the order of their coming. */
export class ServingThread {
  #freeMs = Number.NEGATIVE_INFINITY;
  readonly #tasks: Task[] = [];

  /** When the thread has done all that it was given. */
  get freeMs(): number {
    return this.#freeMs;
  }

  /** Gives the thread a task. @returns when the task is done */
  take(readyMs: number, takesMs: number): number {
    this.#freeMs = Math.max(this.#freeMs, readyMs) + takesMs;
    return this.#freeMs;
  }

  /** Gives the thread a task with what follows from it, for {@link next}. */
  give(readyMs: number, takesMs: number, done: () => void): void {
    this.#tasks.push({ atMs: this.take(readyMs, takesMs), done });
  }

  /** When the next task with a consequence is done; infinity if there is none. */
  get nextMs(): number {
    return this.#tasks[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Ends the next task. */
  next(): void {
    this.#tasks.shift()!.done();
  }

  /** Ends all tasks, whenever they would be done. */
  flush(): void {
    while (this.#tasks.length > 0) this.next();
  }
}
