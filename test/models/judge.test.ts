import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import {
  type ItemAnswer,
  type ItemTruth,
  pipelineMetric,
  requestScore,
  resultsByStage,
  stageScore,
} from '../../models/tasks/judge.ts';
import { matchBoxes, overlap, type TrueObject } from '../../models/tasks/object-detection/boxes.ts';
import { addScores, metricOf, NO_SCORE } from '../../models/tasks/score.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import { writing } from '../../models/tasks/text-results.ts';
import { classify, colour, detect, language, pipelineOf, spam } from './stages.ts';

const square = (x: number, y = 0, side = 10): TrueObject => ({
  x0: x,
  y0: y,
  x1: x + side,
  y1: y + side,
  label: 0,
});
const found = (...boxes: TrueObject[]) =>
  ({
    task: 'object-detection',
    detections: boxes.map((box) => ({ ...box, score: 1 })),
  }) as StageResult;
const said = (label: number) => ({ task: 'image-classification', label, score: 1 }) as StageResult;

/** Makes the answers of stages one after the other; `truths` makes their truths. */
const answers = (label: number, ...later: number[]): ItemAnswer => ({
  result: said(label),
  children: later.length ? [answers(later[0]!, ...later.slice(1))] : [],
});
const truths = (label: number, ...later: number[]): ItemTruth => ({
  truth: label,
  children: later.length ? [truths(later[0]!, ...later.slice(1))] : [],
});

test('overlap is intersection over union', () => {
  expect(overlap(square(0), square(5))).toBeCloseTo(50 / 150, 12);
  expect(overlap(square(0), square(10))).toBe(0);
  expect(overlap(square(3), square(3))).toBe(1);
  for (const apart of [square(20), square(0, 20), square(20, 20)]) expect(overlap(square(0), apart)).toBe(0);
  expect(overlap(square(0, 0, 0), square(0, 0, 0))).toBe(0);
});

test('an overlap of exactly one half counts as found', () => {
  const half = { x0: 0, y0: 0, x1: 10, y1: 5, label: 0 };
  expect(matchBoxes([square(0)], [half])).toEqual([0]);
  expect(matchBoxes([square(0)], [{ ...half, y1: 4.9 }])).toEqual([-1]);
});

test('a detection is matched once, with the truth that asks first', () => {
  expect(matchBoxes([square(0), square(1)], [square(0)])).toEqual([0, -1]);
});

test('of several detections of an object the closest is taken', () => {
  expect(matchBoxes([square(0)], [square(2), square(1), square(3)])).toEqual([1]);
});

test('the score of a detector is F1 over all scenes', () => {
  const { first } = pipelineOf(detect);
  const a = stageScore(first, found(square(0), square(50)), [square(0), square(90)]);
  const b = stageScore(first, found(), []);
  expect(addScores(a, b)).toEqual({ earned: 2, possible: 4 });
  expect(metricOf(addScores(a, b))).toBe(0.5);
});

test('the score of a classifier is its accuracy', () => {
  const { first } = pipelineOf(classify);
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1 }), (rights) => {
      const score = rights
        .map((right) => stageScore(first, said(right ? 1 : 0), 1))
        .reduce(addScores, NO_SCORE);
      expect(metricOf(score)).toBeCloseTo(rights.filter(Boolean).length / rights.length, 12);
    }),
  );
});

test('nothing judged is no score', () => {
  expect(metricOf(NO_SCORE)).toBeNull();
});

test('an object is right only if it is found and every stage names it right', () => {
  const { first } = pipelineOf(detect, classify, colour);
  const truth: ItemTruth = {
    truth: [square(0), square(20), square(40), square(60)],
    children: [truths(0, 1), truths(1, 1), truths(2, 0), truths(0, 0)],
  };
  const answer: ItemAnswer = {
    result: found(square(40), square(20), square(0)),
    children: [answers(2, 0), answers(1, 0), answers(1, 1)],
  };
  expect(requestScore(first, answer, truth)).toEqual({ earned: 2, possible: 7 });
  expect(resultsByStage(answer, 3).map((results) => results.length)).toEqual([1, 3, 3]);
});

test('a detector alone is judged by its boxes', () => {
  const truth = { truth: [square(0), square(20)], children: [] };
  const answer = { result: found(square(0)), children: [] };
  expect(requestScore(pipelineOf(detect).first, answer, truth)).toEqual({ earned: 2, possible: 3 });
});

test('classifiers without a detector are judged by the image', () => {
  const { first } = pipelineOf(classify, colour);
  expect(metricOf(requestScore(first, answers(2, 1), truths(2, 1)))).toBe(1);
  expect(metricOf(requestScore(first, answers(2, 0), truths(2, 1)))).toBe(0);
});

test('an empty scene in which something is found costs a spurious answer', () => {
  const answer = { result: found(square(0)), children: [answers(1)] };
  const score = requestScore(pipelineOf(detect, classify).first, answer, { truth: [], children: [] });
  expect(score).toEqual({ earned: 0, possible: 1 });
});

test.each<[string, ItemAnswer, ItemTruth, number]>([
  ['right, where it is passed on and both stages are right', answers(0, 1), truths(0, 1), 1],
  ['wrong, where it is passed on and the later stage errs', answers(0, 0), truths(0, 1), 0],
  ['right, where it is rightly left out', answers(2), truths(2), 1],
  ['wrong, where it is passed on and should not be', answers(0, 1), truths(2), 0],
  ['wrong, where it is left out and should not be', answers(2), truths(0, 1), 0],
  ['wrong, where it is left out for another class', answers(1), truths(2), 0],
])('a text that a filter leaves out or passes on is %s', (_what, answer, truth, score) => {
  expect(metricOf(requestScore(pipelineOf(language, spam).first, answer, truth))).toBe(score);
});

test('a pipeline is judged by the metric of its first stage', () => {
  expect(pipelineMetric(pipelineOf(detect).first)).toBe('F1@0.5');
  expect(pipelineMetric(pipelineOf(detect, classify).first)).toBe('F1@0.5, right class');
  expect(pipelineMetric(pipelineOf(language, spam).first)).toBe('accuracy');
});

test('a request is scored by the last stage where earlier ones only prepare its item', () => {
  const { first } = pipelineOf(classify, colour);
  const { next } = first;
  const preparing = { ...first, task: { ...first.task, judged: 'last' as const } };
  const wrongAndRight = requestScore(preparing, answers(1, 1), truths(2, 1));
  expect(wrongAndRight).toEqual(requestScore(next!, answers(1), truths(1)));
  expect(
    pipelineMetric({
      ...preparing,
      next: { ...next!, task: { ...next!.task, metric: { stage: 'chrF', pipeline: 'chrF' } } },
    }),
  ).toBe('chrF');
});

test('a text that a later stage judges is not compared with its label', () => {
  const { first } = pipelineOf(classify, colour);
  const scoreOf = vi.fn(() => ({ earned: 1, possible: 1 }));
  const task = { ...first.task, ...writing('translation', 'chrF', scoreOf) };
  const answer = { ...answers(1, 1), result: { task: 'translation', text: 'eins', score: 1 } };
  const translating = { ...first, task };
  expect(requestScore(translating, answer, truths(1, 1))).toEqual(
    requestScore(first.next!, answers(1), truths(1)),
  );
  expect(scoreOf).not.toHaveBeenCalled();
  requestScore({ ...translating, next: null }, answer, truths(1));
  expect(scoreOf).toHaveBeenCalledOnce();
});

test('a right class earns its points in the share that the later stage earns', () => {
  const { first } = pipelineOf(classify, colour);
  const half = {
    ...first.next!,
    task: {
      ...first.next!.task,
      match: () => [{ predicted: 0, truth: 0, score: { earned: 0.25, possible: 0.5 } }],
    },
  };
  const stage = { ...first, next: half };
  expect(requestScore(stage, answers(2, 0), truths(2, 1))).toEqual({ earned: 1, possible: 2 });
  expect(requestScore(stage, answers(1, 0), truths(2, 1))).toEqual({ earned: 0, possible: 2 });
});

test('more errors than words make a value of 0', () => {
  expect(metricOf({ earned: -3, possible: 4 })).toBe(0);
});
