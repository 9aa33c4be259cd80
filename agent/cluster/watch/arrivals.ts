/** Reads the number of arrived requests of a pipeline from the gateway's `/metrics` text; 0 if the metric is absent. */
export function arrivalsIn(metrics: string, pipeline: string): number {
  let sum = 0;
  for (const line of metrics.split('\n')) {
    const match = /^ipa_edge_arrivals_total\{([^}]*)\} (\S+)$/.exec(line);
    if (match?.[1]?.split(',').includes(`model="${pipeline}"`)) sum += Number(match[2]);
  }
  return sum;
}

/** Computes the growth of a Prometheus counter between readings. */
export class CounterIncrease {
  #last: number | undefined;

  /** Growth since the last reading; 0 at the first. A counter that fell has restarted at 0, so all of it is growth. */
  since(count: number): number {
    const before = this.#last;
    this.#last = count;
    if (before === undefined) return 0;
    return count >= before ? count - before : count;
  }
}
