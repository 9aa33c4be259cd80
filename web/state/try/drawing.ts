/** The shortest time between two drawings of a run, in milliseconds. */
const PAUSE_MS = 500;
/**
 * A run is drawn during at most this fraction of the page's time. The page sends requests that are due meanwhile late, so the
 * fraction is below the 5 % of requests that a p95 leaves out.
 */
const DRAWN = 0.03;

/**
 * Calls `draw` repeatedly until it returns false. The pause after each drawing grows with the time that the drawing took.
 * @param draw changes what the page shows; the browser draws it afterwards
 */
export function drawRepeatedly(draw: () => boolean): void {
  requestAnimationFrame(() => {
    const startMs = performance.now();
    if (!draw()) return;
    // The browser runs this timer after layout and paint, so their time counts too.
    setTimeout(() => {
      const tookMs = performance.now() - startMs;
      setTimeout(() => drawRepeatedly(draw), Math.max(PAUSE_MS, tookMs / DRAWN));
    });
  });
}
