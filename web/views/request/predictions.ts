import type { Box } from '../../../models/items/crop.ts';
import type { PipelineStage } from '../../../models/manifests/pipeline.ts';
import { followingFrom, type ItemAnswer, type ItemTruth, requestScore } from '../../../models/tasks/judge.ts';
import { isRight, type Match, metricOf } from '../../../models/tasks/score.ts';
import type { EndedRequest } from '../../../workers/executor/run-options.ts';
import { viewOf } from '../tasks/registry.ts';
import type { ResultOrTruth, Span } from '../tasks/task-view.ts';

/**
 * Whether an answer is right. `partly`: a text that earns some of its points; `wrong`: another class or text is true; `spurious`:
 * there is no such object, or the item should not have reached the stage; `missed`: an object was not detected, or an item was
 * not passed on; `unjudged`: the truth is not known.
 */
export type AnswerVerdict = 'right' | 'partly' | 'wrong' | 'spurious' | 'missed' | 'unjudged';

export const SIGNS: Readonly<Record<AnswerVerdict, string>> = {
  right: '✓',
  partly: '≈',
  wrong: '✗',
  spurious: '✗',
  missed: '?',
  unjudged: '',
};

/** One stage's answer about an object or item, and the true answer. */
export interface StageAnswer {
  readonly stage: string;
  readonly verdict: AnswerVerdict;
  /** The answer in words; null where the stage did not get the item. */
  readonly predicted: string | null;
  /** The true answer in words; null where the item should not reach this stage. */
  readonly truth: string | null;
  /** The metric of an answer whose task makes texts, from 0 to 1; null for other tasks and where one of the texts is absent. */
  readonly score: { readonly metric: string; readonly value: number } | null;
}

/**
 * A prediction about an object in a picture, about a span of a text or about the whole item, paired with its label. The
 * prediction or the label may be absent.
 */
export interface Prediction {
  readonly verdict: AnswerVerdict;
  /** The object's box in the picture; null if the prediction has none, such as one about the whole item. */
  readonly box: Box | null;
  /** The span of the text that the prediction is about; null if it is about the whole item. */
  readonly span: Span | null;
  /** Answers of the stages whose tasks can put them in words. */
  readonly stageAnswers: readonly StageAnswer[];
}

/** Lists the predictions of a request in their order, then the objects that were missed. */
export function predictionsOf(
  first: PipelineStage,
  { answer: { answer }, truth }: Pick<EndedRequest, 'answer' | 'truth'>,
): Prediction[] {
  if (!truth) return unjudged(first, answer);
  const { boxes, spans } = viewOf(first.stage);
  return matchesOf(first, answer, truth).map((match) => {
    const { predicted, truth: there } = match;
    const found = <T>(places?: Places<T>) =>
      predicted === null ? undefined : places?.({ result: answer.result! })[predicted];
    const real = <T>(places?: Places<T>) =>
      there === null ? undefined : places?.({ truth: truth.truth })[there];
    return {
      verdict: verdictOf(match, shareOf(first, match, answer, truth)),
      box: found(boxes) ?? real(boxes) ?? null,
      span: spanOf(found(spans), real(spans)),
      stageAnswers: stageAnswersOf(first, match, answer, truth),
    };
  });
}

type Places<T> = (of: ResultOrTruth) => readonly T[];

/** The predictions of a request without labels. */
function unjudged(first: PipelineStage, answer: ItemAnswer): Prediction[] {
  const view = viewOf(first.stage);
  const own = { result: answer.result! };
  const [boxes, spans] = [view.boxes?.(own), view.spans?.(own)];
  return (boxes ?? spans ?? [null]).map((_, predicted) => ({
    verdict: 'unjudged',
    box: boxes?.[predicted] ?? null,
    span: spans?.[predicted] ?? null,
    stageAnswers: stageAnswersOf(first, { predicted, truth: null, score: NOTHING }, answer, undefined).map(
      (one) => (one.predicted === null ? one : { ...one, verdict: 'unjudged' }),
    ),
  }));
}

/** The matches of an item: those with a prediction in the predictions' order, then the others. */
const matchesOf = ({ task }: PipelineStage, answer: ItemAnswer, truth: ItemTruth): Match[] =>
  task
    .match(answer.result!, truth.truth)
    .sort((a, b) => (a.predicted ?? Number.POSITIVE_INFINITY) - (b.predicted ?? Number.POSITIVE_INFINITY));

/** @param share fraction of the possible points that the prediction earns */
function verdictOf({ predicted, truth }: Pick<Match, 'predicted' | 'truth'>, share: number): AnswerVerdict {
  if (predicted === null) return truth === null ? 'right' : 'missed';
  if (truth === null) return 'spurious';
  if (share === 1) return 'right';
  return share > 0 ? 'partly' : 'wrong';
}

/**
 * The fraction of the possible points that this stage and all later ones earn for an object or item, as in the score of the
 * request.
 */
function shareOf({ task, next }: PipelineStage, match: Match, answer: ItemAnswer, truth: ItemTruth): number {
  const own = metricOf(match.score) ?? 1;
  const [later, laterTruth] = followingFrom(match, answer, truth);
  if (!next || !later || !laterTruth) return own;
  if (task.judged === 'always' && !isRight(match.score)) return own;
  return metricOf(requestScore(next, later, laterTruth)) ?? 1;
}

/** The span that the stage found, or else the true one. If the labels of both differ, the span gets both, e.g. `PER (LOC)`. */
function spanOf(found: Span | null | undefined, real: Span | null | undefined): Span | null {
  if (!found || !real || found.label === real.label) return found ?? real ?? null;
  return { ...found, label: `${found.label} (${real.label})` };
}

/** The answers about an object or item, from this stage to the last. */
function stageAnswersOf(
  { stage, task, next }: PipelineStage,
  { predicted, truth: there, score }: Match,
  answer: ItemAnswer | undefined,
  truth: ItemTruth | undefined,
): StageAnswer[] {
  const { words, makesTexts } = viewOf(stage);
  const said =
    predicted !== null && answer?.result ? words?.(stage, { result: answer.result }, predicted) : null;
  const isTrue = there !== null && truth ? words?.(stage, { truth: truth.truth }, there) : null;
  const value = metricOf(score) ?? 1;
  const own: StageAnswer[] =
    words && said !== undefined && isTrue !== undefined
      ? [
          {
            stage: stage.name,
            verdict: verdictOf({ predicted, truth: there }, value),
            predicted: said,
            truth: isTrue,
            score:
              makesTexts && said !== null && isTrue !== null ? { metric: task.metric.stage, value } : null,
          },
        ]
      : [];
  if (!next) return own;
  const laterAnswer = predicted === null ? undefined : answer?.children[predicted];
  const laterTruth = there === null ? undefined : truth?.children[there];
  return [...own, ...laterAnswersOf(next, laterAnswer, laterTruth)];
}

/** The answers about an item that a stage before this one passed on, should have passed on, or neither. */
function laterAnswersOf(
  stage: PipelineStage,
  answer: ItemAnswer | undefined,
  truth: ItemTruth | undefined,
): StageAnswer[] {
  if (answer?.result && truth)
    return matchesOf(stage, answer, truth).flatMap((match) => stageAnswersOf(stage, match, answer, truth));
  const alone = { predicted: answer ? 0 : null, truth: truth ? 0 : null, score: NOTHING };
  return stageAnswersOf(stage, alone, answer, truth);
}

const NOTHING = { earned: 0, possible: 1 };

/** Joins the words of all stages; empty if there are none. */
const joined = (stageAnswers: readonly StageAnswer[], of: 'predicted' | 'truth'): string =>
  stageAnswers.flatMap((stageAnswer) => stageAnswer[of] ?? []).join(', ');

/** A short label, e.g. `✗ Coat (Shirt)`. */
export function predictionLabel({ verdict, stageAnswers }: Prediction): string {
  const [predicted, truth] = [joined(stageAnswers, 'predicted'), joined(stageAnswers, 'truth')];
  const both = verdict === 'wrong' || verdict === 'partly';
  return `${SIGNS[verdict]} ${both ? `${predicted} (${truth})` : predicted || truth}`.trim();
}

/** A text for screen readers, e.g. `Coat, truly Shirt`. */
export function predictionText({ verdict, stageAnswers }: Prediction): string {
  const [predicted, truth] = [joined(stageAnswers, 'predicted'), joined(stageAnswers, 'truth')];
  if (verdict === 'right' || verdict === 'unjudged') return predicted || 'found';
  if (verdict === 'missed') return `missed ${truth || 'object'}`;
  if (verdict === 'spurious') return `${predicted || 'object'}, nothing there`;
  return `${predicted}, truly ${truth}`;
}
