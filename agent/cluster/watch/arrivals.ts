/** A counter of the gateway, read from the text that Prometheus reads; its lines of one model added up. 0 where there is none. */
export function counterOf(text: string, name: string, model: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    const match = /^(\w+)\{([^}]*)\} (\S+)$/.exec(line);
    if (match?.[1] === name && match[2]!.split(',').includes(`model="${model}"`)) sum += Number(match[3]);
  }
  return sum;
}

/** What a counter has grown by since it was read last. */
export class Growth {
  #last: number | undefined;

  /** Nothing the first time; where the counter began anew, all of it. */
  since(count: number): number {
    const before = this.#last;
    this.#last = count;
    if (before === undefined) return 0;
    return count >= before ? count - before : count;
  }
}
