import { expect, test } from 'vitest';
import { Dispatch } from '../../../solver/dispatch/dispatch.ts';
import { ended, policy, stage, started } from './short.ts';

test('a request for one stage shares its batches with the pipeline, and ends after it', () => {
  const dispatch = new Dispatch(policy([stage('a', 2, 50), stage('b', 2, 50)]), [{ id: 'w', rows: [0, 1] }]);
  dispatch.arrive(1, 0);
  dispatch.arrive(2, 0, 0);
  expect(started(dispatch.poll(0))).toEqual(['w/0: 1 2']);
  dispatch.completed(0, [1, 3], 10);
  expect(ended(dispatch.poll(10))).toEqual(['2 completed']);
  dispatch.arrive(3, 11, 1);
  expect(started(dispatch.poll(11))).toEqual(['w/1: 1 3']);
  dispatch.completed(1, [0, 0], 20);
  expect(ended(dispatch.poll(20))).toEqual(['1 completed', '3 completed']);
  expect(dispatch.open).toBe(0);
});

test('it is shed by the time of its one stage, not by that of those after it', () => {
  const stages = [stage('a', 1, 0, 10), stage('b', 1, 0, 60)];
  const dispatch = new Dispatch(policy(stages, 'late', 100), []);
  dispatch.arrive(1, 0);
  dispatch.arrive(2, 0, 0);
  expect(ended(dispatch.poll(31))).toEqual(['1 shed']);
  expect(ended(dispatch.poll(90))).toEqual([]);
  expect(ended(dispatch.poll(91))).toEqual(['2 shed']);
});
