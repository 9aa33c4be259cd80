import type { Box } from '../../../models/items/crop.ts';
import type { PipelineStage } from '../../../models/manifests/pipeline.ts';
import { type ItemAnswer, type ItemTruth, requestCounts } from '../../../models/tasks/judge.ts';
import type { Match } from '../../../models/tasks/task.ts';
import type { EndedRequest } from '../../../workers/executor/run-options.ts';
import { viewOf } from '../tasks/registry.ts';

/**
 * Whether an answer is true. `wrong`: another class is true; `spurious`: nothing is there, or the item should not have come to
 * the stage; `missed`: the pipeline did not find what is there, or did not pass the item on.
 */
export type Verdict = 'right' | 'wrong' | 'spurious' | 'missed';

export const SIGNS: Readonly<Record<Verdict, string>> = {
  right: '✓',
  wrong: '✗',
  spurious: '✗',
  missed: '?',
};

/** What one stage says of a thing. */
export interface Saying {
  readonly stage: string;
  /** Null: the stage did not get the thing. */
  readonly said: string | null;
  /** Null: the thing should not come to the stage. */
  readonly isTruly: string | null;
}

/** A thing that the pipeline found in a request's item, or that is there: an object on a picture, or the whole item. */
export interface Thing {
  readonly verdict: Verdict;
  /** Null: the whole item. */
  readonly box: Box | null;
  /** One for each stage that has words for its results. */
  readonly sayings: readonly Saying[];
}

/** The things of a request: those that the pipeline found, in their order, then those that it missed. */
export function thingsOf(
  first: PipelineStage,
  { answer: { answer }, truth }: Pick<EndedRequest, 'answer' | 'truth'>,
): Thing[] {
  return first.task
    .match(answer.result!, truth.truth)
    .sort((a, b) => (a.said ?? Number.POSITIVE_INFINITY) - (b.said ?? Number.POSITIVE_INFINITY))
    .map((match) => ({
      verdict: verdictOf(first, match, answer, truth),
      box: boxOf(first, match, answer, truth),
      sayings: sayingsOf(first, match, answer, truth),
    }));
}

function verdictOf(first: PipelineStage, match: Match, answer: ItemAnswer, truth: ItemTruth): Verdict {
  if (match.said === null) return 'missed';
  if (match.truth === null) return 'spurious';
  return isRight(first, match, answer, truth) ? 'right' : 'wrong';
}

/** Whether this stage and all later ones are right about a thing. */
function isRight(
  { next }: PipelineStage,
  { said, truth: there, right }: Match,
  answer: ItemAnswer,
  truth: ItemTruth,
): boolean {
  const [later, laterTruth] = [answer.children[said!], truth.children[there!]];
  if (!right || !next || !later || !laterTruth) return right;
  const { spurious, missed } = requestCounts(next, later, laterTruth);
  return spurious + missed === 0;
}

function boxOf(
  { stage }: PipelineStage,
  { said, truth: there }: Match,
  answer: ItemAnswer,
  truth: ItemTruth,
) {
  const { boxes } = viewOf(stage);
  if (said !== null) return boxes?.({ result: answer.result! })[said] ?? null;
  return boxes?.({ truth: truth.truth })[there!] ?? null;
}

/** What the stages say of a thing, from this stage to the last. */
function sayingsOf(
  { stage, next }: PipelineStage,
  { said, truth: there }: Pick<Match, 'said' | 'truth'>,
  answer: ItemAnswer | undefined,
  truth: ItemTruth | undefined,
): Saying[] {
  const { words } = viewOf(stage);
  const own: Saying[] = words
    ? [
        {
          stage: stage.name,
          said: said !== null && answer?.result ? words(stage, { result: answer.result }) : null,
          isTruly: there !== null && truth ? words(stage, { truth: truth.truth }) : null,
        },
      ]
    : [];
  if (!next) return own;
  const laterAnswer = said === null ? undefined : answer?.children[said];
  const laterTruth = there === null ? undefined : truth?.children[there];
  const later = { said: laterAnswer ? 0 : null, truth: laterTruth ? 0 : null };
  return [...own, ...sayingsOf(next, later, laterAnswer, laterTruth)];
}

/** The words of all stages, one after the other; empty where no stage has any. */
const joined = (sayings: readonly Saying[], of: 'said' | 'isTruly'): string =>
  sayings.flatMap((saying) => saying[of] ?? []).join(', ');

/** A short label for a thing, e.g. `✗ Coat (Shirt)`. */
export function thingLabel({ verdict, sayings }: Thing): string {
  const [said, isTruly] = [joined(sayings, 'said'), joined(sayings, 'isTruly')];
  return `${SIGNS[verdict]} ${verdict === 'wrong' ? `${said} (${isTruly})` : said || isTruly}`;
}

/** A thing as a screen reader says it, e.g. `Coat, truly Shirt`. */
export function thingText({ verdict, sayings }: Thing): string {
  const [said, isTruly] = [joined(sayings, 'said'), joined(sayings, 'isTruly')];
  if (verdict === 'right') return said || 'found';
  if (verdict === 'missed') return `missed ${isTruly || 'object'}`;
  if (verdict === 'spurious') return `${said || 'object'}, nothing there`;
  return `${said}, truly ${isTruly}`;
}
