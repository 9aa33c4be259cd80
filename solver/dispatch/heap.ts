/** A binary heap: the value that is `before` all others is popped first. Values that tie are popped in any order. */
export class Heap<T> {
  readonly #values: T[] = [];

  constructor(private readonly before: (a: T, b: T) => boolean) {}

  peek(): T | undefined {
    return this.#values[0];
  }

  push(value: T): void {
    const values = this.#values;
    let hole = values.length;
    values.push(value);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.before(value, values[parent]!)) break;
      values[hole] = values[parent]!;
      hole = parent;
    }
    values[hole] = value;
  }

  pop(): T | undefined {
    const values = this.#values;
    const first = values[0];
    const last = values.pop();
    if (values.length > 0) this.#sink(last!);
    return first;
  }

  /** Puts a value at the root, then moves it down to its place. */
  #sink(value: T): void {
    const values = this.#values;
    const size = values.length;
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && this.before(values[child + 1]!, values[child]!)) child++;
      if (!this.before(values[child]!, value)) break;
      values[hole] = values[child]!;
      hole = child;
    }
    values[hole] = value;
  }
}
