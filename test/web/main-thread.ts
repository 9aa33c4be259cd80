import type { Page } from 'playwright';

/** How long the page's own thread takes for work that is always the same, in ms: the best of thirty. */
export const knownWorkMs = (page: Page): Promise<number> =>
  page.evaluate(() => {
    let best = Number.POSITIVE_INFINITY;
    let sum = 0;
    for (let run = 0; run < 30; run++) {
      const start = performance.now();
      for (let i = 0; i < 1_000_000; i++) sum = (sum + i * 7) % 1_000_003;
      best = Math.min(best, performance.now() - start);
    }
    return sum < 0 ? 0 : best;
  });
