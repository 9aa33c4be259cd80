/** What takes the lines that are printed now; null: the console does. */
let taker: ((line: string) => void) | null = null;

const print = console.log.bind(console);
// ONNX Runtime prints with the `console.log` that it finds when it is loaded, so this file must be loaded before it.
console.log = (...what: unknown[]) => (taker ? taker(String(what[0])) : print(...what));

/** Passes on what `work` prints, instead of printing it. */
export function collectPrinted(work: () => void, take: (line: string) => void): void {
  taker = take;
  try {
    work();
  } finally {
    taker = null;
  }
}
