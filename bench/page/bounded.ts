/** The page did not do what it was waited for. */
class StuckPageError extends Error {
  override name = 'StuckPageError';
  constructor(what: string, limitMs: number) {
    super(
      `Waited ${limitMs / 1000} s in vain for ${what}. The browser may have stopped drawing: run this again, or choose another browser with CHROME_PATH.`,
    );
  }
}

/**
 * Waits for work in the page, for which Playwright sets no limit, and names it where it takes too long.
 * @throws StuckPageError, and what the work throws
 */
export async function bounded<T>(what: string, work: Promise<T>, limitMs = 60_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StuckPageError(what, limitMs)), limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
