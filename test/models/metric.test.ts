import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addCounts,
  matchBoxes,
  NO_COUNTS,
  overlap,
  ResultMismatchError,
  requestCounts,
  requestVerdict,
  scoreOf,
  stageCounts,
} from '../../models/tasks/metric.ts';
import type { Box, StageResult } from '../../models/tasks/task.ts';
import { classify, colour, detect } from './stages.ts';

const square = (x: number, y = 0, side = 10): Box => ({ x0: x, y0: y, x1: x + side, y1: y + side });
const found = (...boxes: Box[]): StageResult => ({
  task: 'object-detection',
  detections: boxes.map((box) => ({ ...box, score: 1 })),
});
const said = (label: number): StageResult => ({ task: 'image-classification', label, score: 1 });

test('overlap is intersection over union', () => {
  expect(overlap(square(0), square(5))).toBeCloseTo(50 / 150, 12);
  expect(overlap(square(0), square(10))).toBe(0);
  expect(overlap(square(3), square(3))).toBe(1);
});

test('an overlap of exactly one half counts as found', () => {
  const half: Box = { x0: 0, y0: 0, x1: 10, y1: 5 };
  expect(matchBoxes([square(0)], [half])).toEqual([0]);
});

test('a detection is matched once, with the truth that asks first', () => {
  expect(matchBoxes([square(0), square(1)], [square(0)])).toEqual([0, -1]);
});

test('of several detections of an object the closest is taken', () => {
  expect(matchBoxes([square(0)], [square(2), square(1), square(3)])).toEqual([1]);
});

test('the score of a detector is F1 over all scenes', () => {
  const a = stageCounts(found(square(0), square(50)), {
    task: 'object-detection',
    boxes: [square(0), square(90)],
  });
  const b = stageCounts(found(), { task: 'object-detection', boxes: [] });
  expect(addCounts(a, b)).toEqual({ right: 1, spurious: 1, missed: 1 });
  expect(scoreOf(addCounts(a, b))).toBe(0.5);
});

test('the score of a classifier is its accuracy', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1 }), (rights) => {
      const counts = rights
        .map((right) => stageCounts(said(right ? 1 : 0), { task: 'image-classification', label: 1 }))
        .reduce(addCounts, NO_COUNTS);
      expect(scoreOf(counts)).toBeCloseTo(rights.filter(Boolean).length / rights.length, 12);
    }),
  );
});

test('nothing judged is no score', () => {
  expect(scoreOf(NO_COUNTS)).toBeNull();
});

test('an object is right only if it is found and every stage names it right', () => {
  const stages = [detect, classify, colour];
  const truth = {
    boxes: [square(0), square(20), square(40), square(60)],
    labels: { classify: [0, 1, 2, 0], colour: [1, 1, 0, 0] },
  };
  const results = [
    [found(square(40), square(20), square(0))],
    [said(2), said(1), said(1)],
    [said(0), said(0), said(1)],
  ];
  expect(requestCounts(stages, results, truth)).toEqual({ right: 1, spurious: 2, missed: 3 });
  expect(requestVerdict(stages, results, truth)).toEqual({
    answers: 3,
    truths: [
      { answer: 2, right: false },
      { answer: 1, right: false },
      { answer: 0, right: true },
      { answer: -1, right: false },
    ],
  });
});

test('a detector alone is judged by its boxes', () => {
  const truth = { boxes: [square(0), square(20)], labels: {} };
  expect(requestCounts([detect], [[found(square(0))]], truth)).toEqual({ right: 1, spurious: 0, missed: 1 });
});

test('classifiers without a detector are judged by the image', () => {
  const truth = { boxes: null, labels: { classify: [2], colour: [1] } };
  const stages = [classify, colour];
  expect(scoreOf(requestCounts(stages, [[said(2)], [said(1)]], truth))).toBe(1);
  expect(scoreOf(requestCounts(stages, [[said(2)], [said(0)]], truth))).toBe(0);
});

test('an empty scene in which something is found costs a spurious answer', () => {
  const truth = { boxes: [], labels: { classify: [] } };
  const counts = requestCounts([detect, classify], [[found(square(0))], [said(1)]], truth);
  expect(counts).toEqual({ right: 0, spurious: 1, missed: 0 });
});

test('results that do not fit the detections are refused', () => {
  const truth = { boxes: [square(0)], labels: { classify: [0] } };
  expect(() => requestCounts([detect, classify], [[found(square(0))], []], truth)).toThrow(
    ResultMismatchError,
  );
  expect(() => stageCounts(said(1), { task: 'object-detection', boxes: [] })).toThrow(ResultMismatchError);
});
