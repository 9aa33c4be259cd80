import { PairTable } from './pair-table.ts';

/** A prefix tree of texts, with a level for each UTF-16 unit. Each text has a number of at least 0. Nodes are numbers too. */
export class Trie {
  static readonly ROOT = 0;
  /** Stands for a node that does not exist: no text of the tree begins with the units that led there. */
  static readonly NOWHERE = -1;
  readonly #children: PairTable;
  readonly #values: Int32Array;

  /** @param entries texts with their numbers; of several entries with the same text, the last counts */
  constructor(entries: readonly (readonly [string, number])[]) {
    const units = entries.reduce((sum, [text]) => sum + text.length, 0);
    this.#children = new PairTable(units);
    this.#values = new Int32Array(units + 1).fill(-1);
    let count = 1;
    for (const [text, value] of entries) {
      let node = Trie.ROOT;
      for (let i = 0; i < text.length; i++) {
        node = this.#children.getOrSet(node, text.charCodeAt(i), count);
        if (node === count) count++;
      }
      this.#values[node] = value;
    }
  }

  /** The node whose text is this node's text with one more unit; `NOWHERE` if there is none. */
  next(node: number, unit: number): number {
    return this.#children.get(node, unit);
  }

  /** The number of the text that ends at this node; −1 if no text ends there. */
  valueOf(node: number): number {
    return this.#values[node]!;
  }

  nodeOf(text: string): number {
    let node = Trie.ROOT;
    for (let i = 0; i < text.length && node >= 0; i++) node = this.next(node, text.charCodeAt(i));
    return node;
  }
}
