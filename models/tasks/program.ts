import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { type Item, type ItemBatch, itemsOf } from '../items/item-batch.ts';
import { FLOATS, numbersOf, type Session, TENSOR_ARRAYS, type Tensor, type TensorType } from './tensor.ts';

/** A tensor that a task expects of a session. */
export interface TensorSpec {
  /** Element types that the task can handle. */
  readonly types: readonly TensorType[];
  /** The dimensions after the first, which is the batch. A model may have further dimensions of 1 at the end. */
  readonly dims: readonly number[];
}

/** The inputs and outputs that a session must have, in order. */
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

/** Values in a tensor of these dimensions. */
export const valuesIn = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

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
    readonly expected: readonly number[],
    readonly found: readonly number[],
    readonly foundLength: number,
  ) {
    super(
      `A model of stage "${stage}" should give an output of shape [${expected.join(', ')}], ` +
        `but gave [${found.join(', ')}] with ${foundLength} values. ` +
        'Use a model made for this stage, or correct the stage in the manifest.',
    );
  }
}

/** Whether a shape, in which an open dimension is null, can be the expected one, perhaps with further dimensions of 1. */
export const hasShape = (dims: readonly (number | null)[], expected: readonly number[]): boolean =>
  expected.every((dim, i) => dims[i] === dim || dims[i] === null) &&
  dims.slice(expected.length).every((dim) => dim === 1 || dim === null);

/** The values of an output as numbers. @throws OutputShapeError */
function outputValues(stage: string, tensor: Tensor, expected: readonly number[]): Float32Array {
  const { data, dims } = tensor;
  if (!hasShape(dims, expected) || data.length !== valuesIn(expected))
    throw new OutputShapeError(stage, expected, dims, data.length);
  return tensor.type === 'float32' ? tensor.data : Float32Array.from(numbersOf(tensor));
}

/** The parts of a program with a single session; {@link oneRun} makes the program from them. */
export interface OneRun<S, R> {
  /** The input of the stage's models. */
  input(stage: S): TensorSpec;
  /** The dimensions of the stage's models' output for one item. */
  output(stage: S): readonly number[];
  /** Encodes items as the values of the input. @param type that the model takes, one of the input's @throws ItemFormatError */
  encode(stage: S, items: readonly Item[], scratch: Scratch, type: TensorType): Tensor['data'];
  /** Turns the output values of one item into its result. */
  decode(stage: S, output: Float32Array): R;
}

/**
 * The program of a variant with one session, `model`, that has one input and one output: encode, run once, decode. A model with a
 * fixed batch size runs once for each batch of that size; copies of the last item fill the last batch.
 */
export function oneRun<S extends ManifestStage, R>({
  input,
  output,
  encode,
  decode,
}: OneRun<S, R>): Program<S, R> {
  return {
    signatures: (stage) => ({
      model: { inputs: [input(stage)], outputs: [{ types: FLOATS, dims: output(stage) }] },
    }),
    async run(stage, batch, { model }, scratch) {
      const [taken] = model!.inputs;
      const [given] = model!.outputs;
      const items = itemsOf(batch);
      const rows = taken!.dims[0] ?? items.length;
      const dimsOut = output(stage);
      const size = valuesIn(dimsOut);
      const run: { results: R[]; outputs: Tensor[]; runs: { session: string; ms: number }[] } = {
        results: [],
        outputs: [],
        runs: [],
      };
      for (let from = 0; from < items.length; from += rows) {
        const own = items.slice(from, from + rows);
        const filled = Array.from({ length: rows }, (_, i) => own[i] ?? own.at(-1)!);
        const data = encode(stage, filled, scratch, taken!.type as TensorType);
        const feed = { type: taken!.type, data, dims: [rows, ...input(stage).dims] } as Tensor;
        const { outputs, ms } = await model!.run({ [taken!.name]: feed });
        const tensor = outputs[given!.name]!;
        const values = outputValues(stage.name, tensor, [rows, ...dimsOut]);
        own.forEach((_, i) => {
          run.results.push(decode(stage, values.subarray(i * size, (i + 1) * size)));
        });
        run.outputs.push(tensor);
        run.runs.push({ session: 'model', ms });
      }
      return run;
    },
  };
}
