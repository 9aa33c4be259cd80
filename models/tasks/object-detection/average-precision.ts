import { IOU_MIN, overlap, type TrueObject } from './boxes.ts';
import type { Detection } from './detection.ts';

export interface JudgedPicture {
  readonly detections: readonly Detection[];
  readonly objects: readonly TrueObject[];
}

/**
 * Mean average precision at an overlap (IoU) of {@link IOU_MIN}, from 0 to 1: the mean of {@link averagePrecision} over the
 * classes that have objects, as PASCAL VOC defines it since 2010 (Everingham et al. 2015, "The PASCAL Visual Object Classes
 * Challenge: A Retrospective", section 2.2); null without objects. Detections below the stage's threshold are missing, so the
 * value is a lower bound of the bare model's.
 */
export function meanAveragePrecision(pictures: readonly JudgedPicture[]): number | null {
  const labels = new Set(pictures.flatMap(({ objects }) => objects.map(({ label }) => label)));
  if (labels.size === 0) return null;
  let sum = 0;
  for (const label of labels) {
    const ofClass = pictures.map(({ detections, objects }) => ({
      detections: detections.filter((one) => one.label === label),
      objects: objects.filter((one) => one.label === label),
    }));
    sum += averagePrecision(ofClass);
  }
  return sum / labels.size;
}

/**
 * Average precision of one class, from 0 to 1: the area under the curve of precision over recall, where the precision at a recall
 * is the highest at that recall or above, at all points of the curve. The curve has a point for each detection of all pictures, in
 * order of falling score.
 * @param pictures with at least one object in all; their detections and objects are all of the one class
 */
export function averagePrecision(pictures: readonly JudgedPicture[]): number {
  const objects = pictures.reduce((sum, picture) => sum + picture.objects.length, 0);
  const found = pictures.flatMap(foundIn).sort((a, b) => b.score - a.score);
  let right = 0;
  const precisions = found.map((detection, i) => {
    if (detection.right) right++;
    return right / (i + 1);
  });
  let area = 0;
  let highest = 0;
  for (let i = found.length - 1; i >= 0; i--) {
    highest = Math.max(highest, precisions[i]!);
    // Recall rises by one object at each detection that is right, and nowhere else.
    if (found[i]!.right) area += highest;
  }
  return area / objects;
}

/**
 * Decides which detections of a picture are right, by COCO's rule: in order of falling score, each detection takes the object that
 * it overlaps most among the objects not taken yet, if their overlap (IoU) is at least {@link IOU_MIN}.
 */
function foundIn({ detections, objects }: JudgedPicture): { score: number; right: boolean }[] {
  const left = new Set(objects);
  return [...detections]
    .sort((a, b) => b.score - a.score)
    .map((detection) => {
      let best: TrueObject | undefined;
      let most = IOU_MIN;
      for (const object of left) {
        const shared = overlap(object, detection);
        if (shared < most) continue;
        best = object;
        most = shared;
      }
      if (best) left.delete(best);
      return { score: detection.score, right: best !== undefined };
    });
}
