/**
 * Makes a function that does the work for one argument after the other. Of the arguments that arrive while it works, only
 * the newest is worked on.
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
