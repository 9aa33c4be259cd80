import { expect, test } from 'vitest';
import { CodedError, exitCodeOf, InputError } from '../../../solver/documents/coded-error.ts';

class Refused extends InputError {
  static override readonly httpStatus = 409;
}

test('a class inherits the codes that it does not set', () => {
  const { exitCode, httpStatus } = new Refused('no');
  expect([exitCode, httpStatus]).toEqual([2, 409]);
  expect([new CodedError('no').exitCode, new CodedError('no').httpStatus]).toEqual([1, 500]);
});

test('an error that gets its class back has the codes of the class', () => {
  const clone = structuredClone(new Refused('no'));
  expect(exitCodeOf(clone)).toBe(1);
  Object.setPrototypeOf(clone, Refused.prototype);
  expect(exitCodeOf(clone)).toBe(2);
});

test('whatever else is thrown ends a command with 1', () => {
  expect([new Error('no'), 'no', null, undefined].map(exitCodeOf)).toEqual([1, 1, 1, 1]);
});
