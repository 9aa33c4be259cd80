import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { type Item, type ItemBatch, itemsOf } from '../items/item-batch.ts';
import {
  numbersOf,
  type Session,
  TENSOR_ARRAYS,
  type Tensor,
  type TensorInfo,
  type Tensors,
  type TensorType,
} from './tensor.ts';

/** A tensor that a task expects of a session. */
export interface TensorSpec {
  /** Its name in the model; absent: the model's tensor at the same place is meant, whatever its name. */
  readonly name?: string;
  /** Whether a model may lack the tensor. */
  readonly optional?: boolean;
  /** Element types that the task can handle. */
  readonly types: readonly TensorType[];
  /** The dimensions after the first, which is the batch; null: of any size. A model may have further dimensions of 1 at the end. */
  readonly dims: readonly (number | null)[];
}

/** The tensor of a model that a task means. @param place of the spec among the specs of its side */
export const tensorOf = (
  spec: TensorSpec,
  place: number,
  tensors: readonly TensorInfo[],
): TensorInfo | undefined =>
  spec.name === undefined ? tensors[place] : tensors.find(({ name }) => name === spec.name);

/** The inputs and outputs that a session must have. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** What a program returns for one batch. */
export interface ProgramRun<R> {
  /** One result per item, in order. */
  readonly results: R[];
  /** Raw outputs, to compare a variant's backends with each other. */
  readonly outputs: readonly Tensor[];
  /** Role and time of every run of a session, in order. */
  readonly runs: readonly { readonly session: string; readonly ms: number }[];
}

/** How a variant's sessions answer a batch: one run, or a loop of runs. */
export interface Program<S, R> {
  /** The signature of each session, by role. A variant must have exactly these sessions. */
  signatures(stage: S): Readonly<Record<string, Signature>>;
  /** Answers a batch. @param sessions by role @param scratch memory for feeds until the run ends @throws ItemFormatError, OutputShapeError */
  run(
    stage: S,
    items: ItemBatch,
    sessions: Readonly<Record<string, Session>>,
    scratch: Scratch,
  ): Promise<ProgramRun<R>>;
}

/** The inputs of all sessions of a variant together, e.g. to tell how much memory a batch takes. */
export const inputsOf = <S>(
  { signatures }: Pick<Program<S, unknown>, 'signatures'>,
  stage: S,
): TensorSpec[] => Object.values(signatures(stage)).flatMap(({ inputs }) => inputs);

/** Values in a tensor of these dimensions. A dimension of any size counts as 1. */
export const valuesIn = (dims: TensorSpec['dims']): number =>
  dims.reduce<number>((product, dim) => product * (dim ?? 1), 1);

/** Memory for feeds that every run uses again, because allocating memory takes longer than filling it. */
export class Scratch {
  #memory = new ArrayBuffer(0);

  /** An array of `length` values, for the caller to overwrite. It shares its memory with every array returned before. */
  arrayOf<T extends TensorType>(type: T, length: number): Tensor<T>['data'] {
    const bytes = length * TENSOR_ARRAYS[type].BYTES_PER_ELEMENT;
    if (this.#memory.byteLength < bytes) this.#memory = new ArrayBuffer(bytes);
    return new TENSOR_ARRAYS[type](this.#memory, 0, length) as Tensor<T>['data'];
  }
}

/** A session's output does not have the shape that the manifest's stage states. */
export class OutputShapeError extends Error {
  override name = 'OutputShapeError';
  constructor(
    readonly stage: string,
    readonly expected: TensorSpec['dims'],
    readonly found: readonly number[],
    readonly foundLength: number,
  ) {
    super(
      `A model of stage "${stage}" should give an output of shape [${expected.map((dim) => dim ?? 'any').join(', ')}], ` +
        `but gave [${found.join(', ')}] with ${foundLength} values. ` +
        'Use a model made for this stage, or correct the stage in the manifest.',
    );
  }
}

/** Whether two shapes can be the same, where null is a dimension of any size and `dims` may have further dimensions of 1. */
export const hasShape = (dims: TensorInfo['dims'], expected: TensorSpec['dims']): boolean =>
  expected.every((dim, i) => dim === null || dims[i] === dim || dims[i] === null) &&
  dims.length >= expected.length &&
  dims.slice(expected.length).every((dim) => dim === 1 || dim === null);

/** An output of a session for one item: its values in row-major order, and its dimensions without the batch. */
export interface ItemOutput {
  readonly values: Float32Array;
  readonly dims: readonly number[];
}

/** Splits an output by item. @throws OutputShapeError */
function byItem(stage: string, tensor: Tensor, rows: number, { dims }: TensorSpec): ItemOutput[] {
  const { data } = tensor;
  const [, ...own] = tensor.dims;
  if (!hasShape(tensor.dims, [rows, ...dims]) || data.length !== rows * valuesIn(own))
    throw new OutputShapeError(stage, [rows, ...dims], tensor.dims, data.length);
  const values = tensor.type === 'float32' ? tensor.data : Float32Array.from(numbersOf(tensor));
  const size = valuesIn(own);
  return Array.from({ length: rows }, (_, i) => ({
    values: values.subarray(i * size, (i + 1) * size),
    dims: own,
  }));
}

/** An input of a stage's models. */
export interface Input<S> {
  spec(stage: S): TensorSpec;
  /** Encodes items. @param info the input as the model declares it @throws ItemFormatError */
  encode(stage: S, items: readonly Item[], scratch: Scratch, info: TensorInfo): Tensor;
}

/** The parts of a program with a single run of a single session; {@link oneRun} makes the program from them. */
export interface OneRun<S, R> {
  readonly inputs: readonly Input<S>[];
  outputs(stage: S): readonly TensorSpec[];
  /** Turns the outputs for one item, in the order of `outputs`, into its result. */
  decode(stage: S, outputs: readonly ItemOutput[]): R;
}

/**
 * The program of a variant with one session, `model`: encode, run once, decode. A model with a fixed batch size runs once for
 * each batch of that size; copies of the last item fill the last batch.
 */
export function oneRun<S extends ManifestStage, R>({
  inputs,
  outputs: specsOf,
  decode,
}: OneRun<S, R>): Program<S, R> {
  return {
    signatures: (stage) => ({
      model: { inputs: inputs.map(({ spec }) => spec(stage)), outputs: specsOf(stage) },
    }),
    async run(stage, batch, { model }, scratch) {
      const session = model!;
      const items = itemsOf(batch);
      const rows = session.inputs[0]!.dims[0] ?? items.length;
      const specs = specsOf(stage);
      const run: { results: R[]; outputs: Tensor[]; runs: { session: string; ms: number }[] } = {
        results: [],
        outputs: [],
        runs: [],
      };
      for (let from = 0; from < items.length; from += rows) {
        const own = items.slice(from, from + rows);
        const filled = Array.from({ length: rows }, (_, i) => own[i] ?? own.at(-1)!);
        const { outputs, ms } = await session.run(feedsOf(stage, inputs, filled, session, scratch));
        const tensors = specs.map((spec, i) => outputs[tensorOf(spec, i, session.outputs)!.name]!);
        const split = tensors.map((tensor, i) => byItem(stage.name, tensor, rows, specs[i]!));
        own.forEach((_, i) => {
          run.results.push(
            decode(
              stage,
              split.map((rowsOf) => rowsOf[i]!),
            ),
          );
        });
        run.outputs.push(...tensors);
        run.runs.push({ session: 'model', ms });
      }
      return run;
    },
  };
}

function feedsOf<S>(
  stage: S,
  inputs: readonly Input<S>[],
  items: readonly Item[],
  session: Session,
  scratch: Scratch,
): Tensors {
  return Object.fromEntries(
    inputs.flatMap(({ spec, encode }, i) => {
      const info = tensorOf(spec(stage), i, session.inputs);
      return info ? [[info.name, encode(stage, items, scratch, info)]] : [];
    }),
  );
}
