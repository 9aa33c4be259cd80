/** Receives the printed lines instead of the console; null: the console gets them. */
let taker: ((line: string) => void) | null = null;

const print = console.log.bind(console);
// ONNX Runtime prints with the `console.log` that it finds when it is loaded, so this file must be loaded before ONNX Runtime.
console.log = (...what: unknown[]) => (taker ? taker(String(what[0])) : print(...what));

/** Passes each line that `work` prints to `take` instead of the console. */
export function collectPrinted(work: () => void, take: (line: string) => void): void {
  taker = take;
  try {
    work();
  } finally {
    taker = null;
  }
}
