import type { Box } from '../../../models/items/crop.ts';
import type { PipelineStage } from '../../../models/manifests/pipeline.ts';
import { type ItemAnswer, type ItemTruth, requestScore } from '../../../models/tasks/judge.ts';
import { isRight, type Match } from '../../../models/tasks/score.ts';
import type { EndedRequest } from '../../../workers/executor/run-options.ts';
import { viewOf } from '../tasks/registry.ts';

/**
 * Whether an answer is right. `wrong`: another class is true; `spurious`: there is no such object, or the item should not have
 * reached the stage; `missed`: an object was not detected, or an item was not passed on.
 */
export type Verdict = 'right' | 'wrong' | 'spurious' | 'missed';

export const SIGNS: Readonly<Record<Verdict, string>> = {
  right: '✓',
  wrong: '✗',
  spurious: '✗',
  missed: '?',
};

/** One stage's answer about an object or item, and the true answer. */
export interface StageAnswer {
  readonly stage: string;
  /** The answer in words; null where the stage did not get the item. */
  readonly predicted: string | null;
  /** The true answer in words; null where the item should not reach this stage. */
  readonly truth: string | null;
}

/** An object in a picture, or the whole item, with the answers about it. It was predicted, is labelled, or both. */
export interface Thing {
  readonly verdict: Verdict;
  /** Null for the whole item. */
  readonly box: Box | null;
  /** Answers of the stages whose tasks can put them in words. */
  readonly stageAnswers: readonly StageAnswer[];
}

/** Lists the objects of a request: the predicted ones in their order, then the missed ones. None if the request has no labels. */
export function thingsOf(
  first: PipelineStage,
  { answer: { answer }, truth }: Pick<EndedRequest, 'answer' | 'truth'>,
): Thing[] {
  if (!truth) return [];
  return first.task
    .match(answer.result!, truth.truth)
    .sort((a, b) => (a.predicted ?? Number.POSITIVE_INFINITY) - (b.predicted ?? Number.POSITIVE_INFINITY))
    .map((match) => ({
      verdict: verdictOf(first, match, answer, truth),
      box: boxOf(first, match, answer, truth),
      stageAnswers: stageAnswersOf(first, match, answer, truth),
    }));
}

function verdictOf(first: PipelineStage, match: Match, answer: ItemAnswer, truth: ItemTruth): Verdict {
  if (match.predicted === null) return 'missed';
  if (match.truth === null) return 'spurious';
  return wholeRight(first, match, answer, truth) ? 'right' : 'wrong';
}

/** Whether this stage and all later ones are right about an object or item. */
function wholeRight(
  { task, next }: PipelineStage,
  { predicted, truth: there, score }: Match,
  answer: ItemAnswer,
  truth: ItemTruth,
): boolean {
  const [later, laterTruth] = [answer.children[predicted!], truth.children[there!]];
  if (!next || !later || !laterTruth) return isRight(score);
  return (task.judged === 'last' || isRight(score)) && isRight(requestScore(next, later, laterTruth));
}

function boxOf(
  { stage }: PipelineStage,
  { predicted, truth: there }: Match,
  answer: ItemAnswer,
  truth: ItemTruth,
) {
  const { boxes } = viewOf(stage);
  if (predicted !== null) return boxes?.({ result: answer.result! })[predicted] ?? null;
  return boxes?.({ truth: truth.truth })[there!] ?? null;
}

/** The answers about an object or item, from this stage to the last. */
function stageAnswersOf(
  { stage, next }: PipelineStage,
  { predicted, truth: there }: Pick<Match, 'predicted' | 'truth'>,
  answer: ItemAnswer | undefined,
  truth: ItemTruth | undefined,
): StageAnswer[] {
  const { words } = viewOf(stage);
  const said =
    predicted !== null && answer?.result ? words?.(stage, { result: answer.result }, predicted) : null;
  const isTrue = there !== null && truth ? words?.(stage, { truth: truth.truth }, there) : null;
  const own: StageAnswer[] =
    words && said !== undefined && isTrue !== undefined
      ? [{ stage: stage.name, predicted: said, truth: isTrue }]
      : [];
  if (!next) return own;
  const laterAnswer = predicted === null ? undefined : answer?.children[predicted];
  const laterTruth = there === null ? undefined : truth?.children[there];
  const later = { predicted: laterAnswer ? 0 : null, truth: laterTruth ? 0 : null };
  return [...own, ...stageAnswersOf(next, later, laterAnswer, laterTruth)];
}

/** Joins the words of all stages; empty if there are none. */
const joined = (stageAnswers: readonly StageAnswer[], of: 'predicted' | 'truth'): string =>
  stageAnswers.flatMap((stageAnswer) => stageAnswer[of] ?? []).join(', ');

/** A short label, e.g. `✗ Coat (Shirt)`. */
export function thingLabel({ verdict, stageAnswers }: Thing): string {
  const [predicted, truth] = [joined(stageAnswers, 'predicted'), joined(stageAnswers, 'truth')];
  return `${SIGNS[verdict]} ${verdict === 'wrong' ? `${predicted} (${truth})` : predicted || truth}`;
}

/** A text for screen readers, e.g. `Coat, truly Shirt`. */
export function thingText({ verdict, stageAnswers }: Thing): string {
  const [predicted, truth] = [joined(stageAnswers, 'predicted'), joined(stageAnswers, 'truth')];
  if (verdict === 'right') return predicted || 'found';
  if (verdict === 'missed') return `missed ${truth || 'object'}`;
  if (verdict === 'spurious') return `${predicted || 'object'}, nothing there`;
  return `${predicted}, truly ${truth}`;
}
