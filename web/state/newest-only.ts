/**
 * Makes a function that passes its arguments to `work` one at a time. Of the arguments that arrive while `work` runs, only the
 * newest is passed on.
 * @param work must not reject
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
