/** Requests of a pipeline that have come to a gateway, read from its text for Prometheus; 0 where that has no such line. */
export function arrivalsIn(metrics: string, pipeline: string): number {
  let sum = 0;
  for (const line of metrics.split('\n')) {
    const match = /^ipa_edge_arrivals_total\{([^}]*)\} (\S+)$/.exec(line);
    if (match?.[1]?.split(',').includes(`model="${pipeline}"`)) sum += Number(match[2]);
  }
  return sum;
}

/** By how much a counter grows between two readings. */
export class Growth {
  #last: number | undefined;

  /** 0 at the first reading. A counter that fell has begun again at 0: all of it is growth. */
  since(count: number): number {
    const before = this.#last;
    this.#last = count;
    if (before === undefined) return 0;
    return count >= before ? count - before : count;
  }
}
