import type { DispatchPolicy, DispatchRow } from '../../../solver/dispatch/types.ts';

/** The rows of a policy, derived from its stages without the code under test. */
export class ModelRows {
  /** The rows and their indices, in the order of a plan. */
  readonly all: readonly { readonly index: number; readonly row: DispatchRow }[];

  readonly #stages: number;

  constructor({ stages }: DispatchPolicy) {
    this.all = stages.flatMap((stage, index) => [
      { index, row: stage },
      ...(stage.heavy ? [{ index: index + stages.length, row: stage.heavy }] : []),
    ]);
    this.#stages = stages.length;
  }

  at(index: number): DispatchRow {
    return this.all.find((one) => one.index === index)!.row;
  }

  /** Returns the row itself or, if the policy has no such row, the only one of its stage. */
  present(row: number): number {
    return this.all.some(({ index }) => index === row) ? row : row % this.#stages;
  }
}
