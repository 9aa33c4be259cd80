import type { Box } from '../../../models/items/crop.ts';
import type { PipelineStage } from '../../../models/manifests/pipeline.ts';
import { type ItemAnswer, type ItemTruth, requestCounts } from '../../../models/tasks/judge.ts';
import type { Match } from '../../../models/tasks/task.ts';
import type { EndedRequest } from '../../../workers/executor/run-options.ts';
import { viewOf } from '../../views/task-views.ts';

/** What is marked on an item. `wrong`: a wrong class; `spurious`: nothing is there; `missed`: nothing was found there. */
export interface Mark {
  readonly kind: 'right' | 'wrong' | 'spurious' | 'missed';
  /** Null: the whole item. */
  readonly box: Box | null;
  readonly said: string | null;
  readonly isTruly: string | null;
}

/** What a pipeline said of a request's item, held against its labels: a mark for each thing that was said or is true. */
export function marksOf(
  first: PipelineStage,
  { answer: { answer }, truth }: Pick<EndedRequest, 'answer' | 'truth'>,
): Mark[] {
  const marks = first.task
    .match(answer.result!, truth.truth)
    .map((match) => ({ match, mark: markOf(first, match, answer, truth) }));
  // What was said in its own order, then what was missed.
  return marks
    .sort((a, b) => (a.match.predicted ?? marks.length) - (b.match.predicted ?? marks.length))
    .map(({ mark }) => mark);
}

function markOf(first: PipelineStage, match: Match, answer: ItemAnswer, truth: ItemTruth): Mark {
  const { boxes, boxesOfTruth } = viewOf(first.stage);
  const { predicted: said, truth: there } = match;
  const box = said === null ? boxesOfTruth?.(truth.truth)[there!] : boxes?.(answer.result!)[said];
  return {
    kind:
      said === null
        ? 'missed'
        : there === null
          ? 'spurious'
          : isRight(first, match, answer, truth)
            ? 'right'
            : 'wrong',
    box: box ?? null,
    said: said === null ? null : wordsSaid(first, answer, said),
    isTruly: there === null ? null : wordsTrue(first, truth, there),
  };
}

/** Whether a thing is right at this stage and at every later one. */
function isRight(
  { next }: PipelineStage,
  { predicted: said, truth: there, right }: Match,
  answer: ItemAnswer,
  truth: ItemTruth,
) {
  const [later, isTrue] = [answer.children[said!], truth.children[there!]];
  if (!right || !next || !later || !isTrue) return right;
  const { spurious, missed } = requestCounts(next, later, isTrue);
  return spurious + missed === 0;
}

/** What the stages say of a thing, one after the other; null where none has words for it. */
function wordsSaid(
  { stage, next }: PipelineStage,
  { result, children }: ItemAnswer,
  thing: number,
): string | null {
  const own = result && viewOf(stage).words(stage, { result });
  const child = children[thing];
  return joined(own, next && child ? wordsSaid(next, child, 0) : null);
}

function wordsTrue(
  { stage, next }: PipelineStage,
  { truth, children }: ItemTruth,
  thing: number,
): string | null {
  const child = children[thing];
  return joined(viewOf(stage).words(stage, { truth }), next && child ? wordsTrue(next, child, 0) : null);
}

const joined = (...words: readonly (string | null)[]): string | null =>
  words.filter((word) => word !== null).join(', ') || null;

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
  { width, height }: { readonly width: number; readonly height: number },
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
