/** The page did not finish some work in time. */
class StuckPageError extends Error {
  override name = 'StuckPageError';
  constructor(what: string, limitMs: number) {
    super(
      `Waited ${limitMs / 1000} s in vain for ${what}. The browser may have stopped drawing: run this again, or choose another browser with CHROME_PATH.`,
    );
  }
}

/**
 * Waits for work in the page, for which Playwright sets no limit.
 * @param what names the work in the error
 * @throws StuckPageError if the work takes longer than the limit, and errors of the work
 */
export async function bounded<T>(what: string, work: Promise<T>, limitMs = 60_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StuckPageError(what, limitMs)), limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
