import type { Page } from 'playwright';

/** How long the page's own thread takes for work that is always the same, in ms: the best of thirty. */
const knownWorkMs = (page: Page): Promise<number> =>
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

/** How long a task of the page's own thread may take: 100 ms of a core that does the known work in 5 ms, longer on a slower core. */
export const longestTaskMs = async (page: Page): Promise<number> =>
  100 * Math.max(1, (await knownWorkMs(page)) / 5);
