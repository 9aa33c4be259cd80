/** Errors for wrong calls to the dispatch. A call that throws one of them has changed nothing. */

import type { Follow } from './types.ts';

export class BatchNotInFlightError extends Error {
  override readonly name = 'BatchNotInFlightError';
  constructor(batch: number) {
    super(
      `batch ${batch} is not in flight: it was reported before, its worker was lost, or it never started`,
    );
  }
}

export class InvalidChildrenError extends Error {
  override readonly name = 'InvalidChildrenError';
  constructor(batch: number, items: number, follows: readonly Follow[]) {
    super(
      `batch ${batch}: expected ${items} counts of children, one per item; found ${JSON.stringify(follows)}`,
    );
  }
}

export class DuplicateRequestError extends Error {
  override readonly name = 'DuplicateRequestError';
  constructor(request: number) {
    super(`request ${request} has entered before and has not ended`);
  }
}

export class DuplicateWorkerError extends Error {
  override readonly name = 'DuplicateWorkerError';
  constructor(worker: string) {
    super(`a worker ${worker} is here already`);
  }
}

export class UnknownWorkerError extends Error {
  override readonly name = 'UnknownWorkerError';
  constructor(worker: string) {
    super(`no worker ${worker}: it was never added, it was lost, or it retired and finished`);
  }
}

export class UnknownRowError extends Error {
  override readonly name = 'UnknownRowError';
  constructor(worker: string, row: number | string) {
    super(`worker ${worker} holds row ${row}, which the plan does not have`);
  }
}

export class StagesDifferError extends Error {
  override readonly name = 'StagesDifferError';
  constructor(expected: readonly string[], found: readonly string[]) {
    super(`a policy keeps the stages: expected ${expected.join(', ')}; found ${found.join(', ')}`);
  }
}
