import type { ManifestStage } from '../../../models/manifests/manifest.ts';
import type { ImageShape } from '../../../models/tasks/image.ts';
import { requestVerdict, type Truth } from '../../../models/tasks/metric.ts';
import type { Box } from '../../../models/tasks/task.ts';
import { resultsByStage } from '../../../workers/executor/judge.ts';
import type { EndedRequest } from '../../../workers/executor/run-options.ts';

/** What is marked on a scene. `wrong`: a wrong class; `spurious`: nothing is there; `missed`: nothing was found there. */
export interface Mark {
  readonly kind: 'right' | 'wrong' | 'spurious' | 'missed';
  /** Null: the whole image. */
  readonly box: Box | null;
  readonly said: string | null;
  readonly isTruly: string | null;
}

/** What a pipeline said of an image, held against its labels. */
export function marksOf(
  stages: readonly ManifestStage[],
  { answer, truth }: Pick<EndedRequest, 'answer' | 'truth'>,
): Mark[] {
  const results = resultsByStage(answer.answer, stages.length);
  const { answers, truths } = requestVerdict(stages, results, truth);
  const first = results[0]?.[0];
  const boxOf = (i: number): Box | null =>
    first?.task === 'object-detection' ? (first.detections[i] ?? null) : null;
  const said = (i: number): string | null =>
    inWords(stages, (s) => {
      const result = results[s]?.[i];
      return result?.task === 'image-classification' ? result.label : undefined;
    });
  const isTruly = (k: number) => inWords(stages, (s) => truth.labels[stages[s]!.name]?.[k]);
  const found = Array.from({ length: answers }, (_, i): Mark => {
    const k = truths.findIndex(({ answer }) => answer === i);
    const kind = k < 0 ? 'spurious' : truths[k]!.right ? 'right' : 'wrong';
    return { kind, box: boxOf(i), said: said(i), isTruly: k < 0 ? null : isTruly(k) };
  });
  const missed = truths.flatMap(({ answer }, k): Mark[] =>
    answer < 0 ? [{ kind: 'missed', box: boxOfTruth(truth, k), said: null, isTruly: isTruly(k) }] : [],
  );
  return [...found, ...missed];
}

const boxOfTruth = ({ boxes }: Truth, k: number): Box | null => boxes?.[k] ?? null;

/** The classes of all classification stages, by their names; null where there is none. */
function inWords(stages: readonly ManifestStage[], labelOf: (stage: number) => number | undefined) {
  const words = stages.flatMap((stage, s) => {
    const label = stage.task === 'image-classification' ? labelOf(s) : undefined;
    return label === undefined || stage.task !== 'image-classification'
      ? []
      : [stage.classes[label] ?? `class ${label}`];
  });
  return words.length ? words.join(', ') : null;
}

/** What is written beside a mark. */
export const markLabel = ({ kind, said, isTruly }: Mark): string =>
  `${SIGNS[kind]} ${kind === 'wrong' ? `${said} (${isTruly})` : (said ?? isTruly ?? '')}`;

const SIGNS: Readonly<Record<Mark['kind'], string>> = { right: '✓', wrong: '✗', spurious: '✗', missed: '?' };

/** Where a label begins or ends, and its base line, in pixels of the image. */
export interface LabelPlace {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'end';
}

/** Of a letter, in parts of the font's size. */
const LETTER_WIDTH = 0.6;

/**
 * Places for labels of boxes in an image: above its box where there is room, else below or inside; over no label before it,
 * where that can be had.
 * @param size of the font, in pixels of the image
 */
export function labelPlaces(
  labels: readonly { readonly box: Box; readonly text: string }[],
  { width, height }: Pick<ImageShape, 'width' | 'height'>,
  size: number,
): LabelPlace[] {
  const taken: Box[] = [];
  return labels.map(({ box: { x0, y0, x1, y1 }, text }) => {
    const anchor = x0 < width / 2 ? 'start' : 'end';
    const x = anchor === 'start' ? Math.max(1, x0) : Math.min(width - 1, x1);
    const length = LETTER_WIDTH * size * text.length;
    const left = anchor === 'start' ? x : x - length;
    const covers = (y: number): Box => ({ x0: left, y0: y - size, x1: left + length, y1: y + 0.2 * size });
    const lines = [y0 - 0.25 * size, y1 + size, y0 + size, y1 - 0.25 * size].filter(
      (y) => y >= size && y <= height - 0.2 * size,
    );
    const y = lines.find((one) => !taken.some((other) => overlap(covers(one), other))) ?? lines[0] ?? size;
    taken.push(covers(y));
    return { x, y, anchor };
  });
}

const overlap = (a: Box, b: Box): boolean => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;

/** A mark in a few words, e.g. `Coat, is Shirt`. */
export function markText({ kind, said, isTruly }: Mark): string {
  if (kind === 'right') return said ?? 'found';
  if (kind === 'missed') return `missed ${isTruly ?? 'object'}`;
  if (kind === 'spurious') return `${said ?? 'object'}, nothing there`;
  return `${said}, is ${isTruly}`;
}
