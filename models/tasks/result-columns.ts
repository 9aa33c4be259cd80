import type { ResultTensor } from './task.ts';

interface Values {
  readonly FP32: number;
  readonly INT32: number;
  readonly BYTES: string;
}

/** Returns a function that defines a result tensor with one value for each row. @param rowsOf the rows of a result */
export const columnOf =
  <R, Row>(rowsOf: (result: R) => readonly Row[]) =>
  <D extends keyof Values>(name: string, datatype: D, read: (row: Row) => Values[D]): ResultTensor<R> =>
    ({
      ...{ name, datatype, columns: 1 },
      rowsOf: (result: R) => rowsOf(result).map(read),
    }) as unknown as ResultTensor<R>;
