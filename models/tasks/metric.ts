import type { ManifestStage } from '../manifests/manifest.ts';
import type { Box, StageResult } from './task.ts';

/** Least intersection over union of a detection with the object it has found. */
export const MIN_IOU = 0.5;

/**
 * What a score is made of; counts of single requests or items add up. A wrong class is both: what was said is
 * spurious and what was true is missed. So F1 of counts without a detector is plain accuracy.
 */
export interface Counts {
  /** Truths that were found and got the right classes. */
  readonly right: number;
  /** Answers without a truth. */
  readonly spurious: number;
  /** Truths without an answer. */
  readonly missed: number;
}

export const NO_COUNTS: Counts = { right: 0, spurious: 0, missed: 0 };

export const addCounts = (a: Counts, b: Counts): Counts => ({
  right: a.right + b.right,
  spurious: a.spurious + b.spurious,
  missed: a.missed + b.missed,
});

/** F1, 0…1: of detection, or accuracy of classification. `null` where there was nothing to judge. */
export function scoreOf({ right, spurious, missed }: Counts): number | null {
  const total = 2 * right + spurious + missed;
  return total === 0 ? null : (2 * right) / total;
}

/** Labels of one request: of the objects of an image, or of the image itself. */
export interface Truth {
  /** Objects, in pixels of the image; `null` where the pipeline has no detection. */
  readonly boxes: readonly Box[] | null;
  /** By classification stage, the class of each object (of the image: one). */
  readonly labels: Readonly<Record<string, readonly number[]>>;
}

/** What is true of one item of a stage. */
export type ItemTruth =
  | { readonly task: 'object-detection'; readonly boxes: readonly Box[] }
  | { readonly task: 'image-classification'; readonly label: number };

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

const judged = (right: number, answers: number, truths: number): Counts => ({
  right,
  spurious: answers - right,
  missed: truths - right,
});

/** The results of a pipeline's stages do not fit together: a fault of the caller. */
export class ResultMismatchError extends Error {
  override name = 'ResultMismatchError';
  constructor(expected: string, found: string) {
    super(`Expected ${expected}, found ${found}. Give the results of each stage in the order of its items.`);
  }
}

/** The metric of a stage alone, on one item with true input: found boxes, or the right class. */
export function stageCounts(result: StageResult, truth: ItemTruth): Counts {
  if (result.task === 'object-detection' && truth.task === 'object-detection') {
    const found = matchBoxes(truth.boxes, result.detections).filter((i) => i >= 0).length;
    return judged(found, result.detections.length, truth.boxes.length);
  }
  if (result.task === 'image-classification' && truth.task === 'image-classification')
    return judged(result.label === truth.label ? 1 : 0, 1, 1);
  throw new ResultMismatchError(`a result of ${truth.task}`, result.task);
}

/** What a pipeline said of one request, held against what is true. */
export interface Verdict {
  /** How many answers it gave: detections, or one for the image. */
  readonly answers: number;
  /** Of each truth: which answer found it (−1: none), and whether that has the right classes. */
  readonly truths: readonly { readonly answer: number; readonly right: boolean }[];
}

/**
 * Judges one request: an object is right if it was found and every classification stage gave its crop the right class;
 * without detection, the image takes the object's place.
 * @param results by stage, then by item of the request, in order: after a detection, one item per detection
 * @throws ResultMismatchError
 */
export function requestVerdict(
  stages: readonly ManifestStage[],
  results: readonly (readonly StageResult[])[],
  truth: Truth,
): Verdict {
  const first = results[0]?.[0];
  const detections = first?.task === 'object-detection' ? first.detections : null;
  const answers = detections?.length ?? 1;
  const matches = detections && truth.boxes ? matchBoxes(truth.boxes, detections) : [0];
  const classifications = stages.flatMap((stage, s) => {
    if (stage.task !== 'image-classification') return [];
    const given = results[s] ?? [];
    if (given.length !== answers)
      throw new ResultMismatchError(`${answers} results of stage "${stage.name}"`, String(given.length));
    return [{ given, labels: truth.labels[stage.name] ?? [] }];
  });
  const isRight = ({ given, labels }: (typeof classifications)[number], answer: number, k: number) => {
    const result = given[answer];
    return result?.task === 'image-classification' && result.label === labels[k];
  };
  return {
    answers,
    truths: matches.map((answer, k) => ({
      answer,
      right: answer >= 0 && classifications.every((stage) => isRight(stage, answer, k)),
    })),
  };
}

/** The metric of the whole pipeline, on one request. Arguments and errors are those of {@link requestVerdict}. */
export function requestCounts(...request: Parameters<typeof requestVerdict>): Counts {
  const { answers, truths } = requestVerdict(...request);
  return judged(truths.filter(({ right }) => right).length, answers, truths.length);
}
