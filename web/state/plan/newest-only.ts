/**
 * Makes a function that works on one argument at a time. Of the arguments that arrive meanwhile, it works only on the newest.
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
