import type { Box } from '../../items/crop.ts';
import type { Match } from '../task.ts';

/** Least intersection over union of a detection with the object it has found. */
export const MIN_IOU = 0.5;

/** Intersection over union, 0…1. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Box) => (box.x1 - box.x0) * (box.y1 - box.y0);
  const shared = width * height;
  return shared / (area(a) + area(b) - shared);
}

/**
 * For each truth, in order, the index of the free detection that overlaps it most, by at least {@link MIN_IOU};
 * else −1.
 */
export function matchBoxes(truths: readonly Box[], detections: readonly Box[]): number[] {
  const taken = new Set<number>();
  return truths.map((truth) => {
    let best = -1;
    let most = 0;
    detections.forEach((detection, i) => {
      const shared = overlap(truth, detection);
      if (shared >= MIN_IOU && shared > most && !taken.has(i)) {
        best = i;
        most = shared;
      }
    });
    if (best >= 0) taken.add(best);
    return best;
  });
}

/** Detections held against the objects that are there: found ones in the order of the objects, then spurious ones. */
export function matchDetections(detections: readonly Box[], objects: readonly Box[]): Match[] {
  const found = matchBoxes(objects, detections);
  return [
    ...found.map((said, truth): Match => ({ said: said < 0 ? null : said, truth, right: said >= 0 })),
    ...detections.flatMap((_, said): Match[] =>
      found.includes(said) ? [] : [{ said, truth: null, right: false }],
    ),
  ];
}
