import type { Item } from '../items/item-batch.ts';
import { type Session, TENSOR_ARRAYS, type Tensor, type TensorInfo, type TensorType } from './tensor.ts';

/** An input or output tensor that a task requires of a model. */
export interface TensorSpec {
  /** The tensor's name in the model; absent if the tensor's position among the inputs or outputs identifies it. */
  readonly name?: string;
  /** Whether a model may lack the tensor. */
  readonly optional?: boolean;
  /** Element types that the task can handle. */
  readonly types: readonly TensorType[];
  /** The dimensions after the batch; null for any size. A model may have further dimensions of 1 at the end. */
  readonly dims: readonly (number | null)[];
  /** The same dimensions in another order that the task can handle too. */
  readonly orDims?: TensorSpec['dims'];
}

/** Finds the model's tensor for a spec. @param index index of the spec among those of the inputs, or of the outputs */
export const tensorOf = (
  spec: TensorSpec,
  index: number,
  tensors: readonly TensorInfo[],
): TensorInfo | undefined =>
  spec.name === undefined ? tensors[index] : tensors.find(({ name }) => name === spec.name);

/** The inputs and outputs that a task requires of a session. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Whether the program keeps some outputs of a run to feed them to later runs; absent: the program reads every output. */
  readonly keeps?: boolean;
}

/** The results of one batch, with the time of each session run. */
export interface ProgramRun<R> {
  /** One result per item, in order. */
  readonly results: R[];
  /**
   * Output tensors that the profiler compares between the backends of a variant: those of all runs, but of a program with a
   * decoder only the logits of the first step.
   */
  readonly outputs: readonly Tensor[];
  /** Name and time of each session run, in order. The name is the session's role, or a part of a loop, e.g. `decoder-first`. */
  readonly runs: readonly { readonly session: string; readonly ms: number }[];
}

/** The times of a batch's session runs. */
export interface RunTimes {
  /** Sum of the times of all session runs. */
  readonly inferenceMs: number;
  /** Number of runs of a decoder; 0 if the program has none. */
  readonly steps: number;
  /** Sum of the times of the runs of each name, e.g. `encoder`, `decoder-first` (the first step) and `decoder` (later steps). */
  readonly runsMs: Readonly<Record<string, number>>;
}

/** Sums up the session runs of one batch. */
export function timesOf(runs: ProgramRun<unknown>['runs']): RunTimes {
  let inferenceMs = 0;
  let steps = 0;
  const runsMs: Record<string, number> = {};
  for (const { session, ms } of runs) {
    inferenceMs += ms;
    if (session.startsWith('decoder')) steps++;
    runsMs[session] = (runsMs[session] ?? 0) + ms;
  }
  return { inferenceMs, steps, runsMs };
}

/** A program answers a batch with a variant's sessions, in one run or a loop of runs. */
export interface Program<S, R> {
  /** The signature of each session, by role. A variant that the program can run has exactly these sessions. */
  signatures(stage: S): Readonly<Record<string, Signature>>;
  /** Roles of the files that a variant needs beside its models; absent if it needs none. */
  assets?(stage: S): readonly string[];
  /** Reads the assets of a variant. Returns the stage as {@link run} gets it, e.g. with a tokenizer. */
  prepare?(stage: S, assets: Readonly<Record<string, Uint8Array>>): Promise<S>;
  /**
   * Answers a batch.
   * @param items with the fields of this stage's format only; the caller has removed the fields for later stages
   * @param sessions by role
   * @param scratch memory for input tensors, free again when the run ends
   * @throws ItemFormatError, OutputShapeError
   */
  run(
    stage: S,
    items: readonly Item[],
    sessions: Readonly<Record<string, Session>>,
    scratch: Scratch,
  ): Promise<ProgramRun<R>>;
}

/** Roles of the files of a variant that the program can run: models and assets. */
export const fileRoles = <S>({ signatures, assets }: Program<S, unknown>, stage: S): string[] => [
  ...Object.keys(signatures(stage)),
  ...(assets?.(stage) ?? []),
];

/** Number of values in a tensor of these dimensions. A dynamic dimension (null) counts as 1. */
export const valuesIn = (dims: TensorSpec['dims']): number =>
  dims.reduce<number>((product, dim) => product * (dim ?? 1), 1);

/** An int64 tensor of ones, for a mask that hides nothing. */
export const ones = (dims: readonly number[]): Tensor<'int64'> => ({
  type: 'int64',
  data: new BigInt64Array(valuesIn(dims)).fill(1n),
  dims,
});

/**
 * Whether a shape fits the expected one. A null in either shape fits any size; `dims` may have further dimensions of 1 at the
 * end.
 */
export const hasShape = (dims: TensorInfo['dims'], expected: TensorSpec['dims']): boolean =>
  expected.every((dim, i) => dim === null || dims[i] === dim || dims[i] === null) &&
  dims.length >= expected.length &&
  dims.slice(expected.length).every((dim) => dim === 1 || dim === null);

/** Memory for input tensors, reused by every run, because allocating it takes longer than filling it. */
export class Scratch {
  #memory = new ArrayBuffer(0);

  /** Returns an array of `length` values to overwrite. The next call may return the same memory. */
  arrayOf<T extends TensorType>(type: T, length: number): Tensor<T>['data'] {
    const bytes = length * TENSOR_ARRAYS[type].BYTES_PER_ELEMENT;
    if (this.#memory.byteLength < bytes) this.#memory = new ArrayBuffer(bytes);
    return new TENSOR_ARRAYS[type](this.#memory, 0, length) as Tensor<T>['data'];
  }
}
