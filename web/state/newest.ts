/**
 * Does work for the newest of what it is given, one at a time: what came and was replaced while it worked is left out.
 * @param work never rejects
 */
export function newestOnly<T>(work: (given: T) => Promise<void>): (given: T) => void {
  let waiting: { readonly given: T } | undefined;
  let working = false;
  const go = async () => {
    if (working) return;
    working = true;
    for (let next = waiting; next; next = waiting) {
      waiting = undefined;
      await work(next.given);
    }
    working = false;
  };
  return (given) => {
    waiting = { given };
    void go();
  };
}
