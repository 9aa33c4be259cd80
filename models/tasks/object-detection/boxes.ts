import type { Box } from '../../items/crop.ts';
import { f1Match, type Match } from '../score.ts';
import type { Detection } from './detection.ts';

/** The least intersection over union at which a detection matches an object. */
export const IOU_MIN = 0.5;

/** Intersection over union of two boxes, from 0 to 1. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Box) => (box.x1 - box.x0) * (box.y1 - box.y0);
  const shared = width * height;
  return shared / (area(a) + area(b) - shared);
}

/**
 * Non-maximum suppression within each class: drops a detection that overlaps (IoU) a more probable one by more than `overlapMax`.
 * @param detections by falling probability
 */
export function suppressed(detections: readonly Detection[], overlapMax: number): Detection[] {
  const kept: Detection[] = [];
  for (const one of detections)
    if (!kept.some((other) => other.label === one.label && overlap(other, one) > overlapMax)) kept.push(one);
  return kept;
}

/** A labelled object: its box in pixels, and the index of its class. */
export interface TrueObject extends Box {
  readonly label: number;
}

/**
 * Matches detections to objects of the same class. Each object, in order, gets the unassigned detection that overlaps it most,
 * if their intersection over union is at least {@link IOU_MIN}.
 * @returns for each object the index of its detection, or −1
 */
export function matchBoxes(objects: readonly TrueObject[], detections: readonly TrueObject[]): number[] {
  const taken = new Set<number>();
  return objects.map((object) => {
    let best = -1;
    let most = 0;
    detections.forEach((detection, i) => {
      const shared = overlap(object, detection);
      if (detection.label === object.label && shared >= IOU_MIN && shared > most && !taken.has(i)) {
        best = i;
        most = shared;
      }
    });
    if (best >= 0) taken.add(best);
    return best;
  });
}

/** Compares detections with the labelled objects. Matches come in the objects' order; detections without an object follow. */
export function matchDetections(detections: readonly TrueObject[], objects: readonly TrueObject[]): Match[] {
  const found = matchBoxes(objects, detections);
  return [
    ...found.map(
      (detection, truth): Match =>
        detection < 0 ? f1Match(null, truth, false) : f1Match(detection, truth, true),
    ),
    ...detections.flatMap((_, predicted): Match[] =>
      found.includes(predicted) ? [] : [f1Match(predicted, null, false)],
    ),
  ];
}
