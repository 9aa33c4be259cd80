import type { Page } from 'playwright';

/** Measures how long the page's main thread takes for a fixed piece of work, in ms: the shortest of thirty runs. */
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

/** Returns how long a task of the main thread may take: 100 ms if the known work takes at most 5 ms, longer on a slower core. */
export const longestTaskMs = async (page: Page): Promise<number> =>
  100 * Math.max(1, (await knownWorkMs(page)) / 5);
