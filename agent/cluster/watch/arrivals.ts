/** Reads the number of arrived requests of a pipeline from the gateway's `/metrics` text; 0 if the metric is absent. */
export function arrivalsIn(metrics: string, pipeline: string): number {
  let sum = 0;
  for (const line of metrics.split('\n')) {
    const match = /^ipa_edge_arrivals_total\{([^}]*)\} (\S+)$/.exec(line);
    if (match?.[1]?.split(',').includes(`model="${pipeline}"`)) sum += Number(match[2]);
  }
  return sum;
}

/** Adds up the growth of the gateways' counters between readings. */
export class ArrivalsGrowth {
  readonly #last = new Map<string, number>();

  /**
   * Growth since the last reading. A counter that is read for the first time has not grown: nobody knows when its requests
   * arrived. A counter that fell has restarted at 0, so all of it is growth. A gateway that is not read keeps its last count.
   * @param counts by gateway
   */
  since(counts: ReadonlyMap<string, number>): number {
    let growth = 0;
    for (const [gateway, count] of counts) {
      const before = this.#last.get(gateway) ?? count;
      growth += count >= before ? count - before : count;
      this.#last.set(gateway, count);
    }
    return growth;
  }
}
