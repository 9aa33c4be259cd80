import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { type Item, type ItemBatch, itemsOf } from '../items/item-batch.ts';
import type { Session, Tensor, TensorType } from './tensor.ts';

/** A tensor that a task expects of a session. `dims` are the dimensions after the first; the first is the batch, of any size. */
export interface TensorSpec {
  readonly type: TensorType;
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
  #floats = new Float32Array(0);

  /** An array of `length` values, for the caller to overwrite. It shares its memory with every array returned before. */
  float32(length: number): Float32Array {
    if (this.#floats.length < length) this.#floats = new Float32Array(length);
    return this.#floats.subarray(0, length);
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

/** @throws OutputShapeError */
function checkOutput(stage: string, { data, dims }: Tensor, expected: readonly number[]): void {
  const length = valuesIn(expected);
  const same = dims.length === expected.length && expected.every((dim, i) => dims[i] === dim);
  if (!same || data.length !== length) throw new OutputShapeError(stage, expected, dims, data.length);
}

/** The parts of a program with a single run of a single session; {@link oneRun} makes the program from them. */
export interface OneRun<S, R, I extends TensorType> {
  /** The input of the stage's models: its type, and its dimensions for one item. */
  input(stage: S): TensorSpec & { readonly type: I };
  /** The dimensions of the stage's models' float32 output for one item. */
  output(stage: S): readonly number[];
  /** Encodes items as the values of the input. @throws ItemFormatError */
  encode(stage: S, items: readonly Item[], scratch: Scratch): Tensor<I>['data'];
  /** Turns the output values of one item into its result. */
  decode(stage: S, output: Float32Array): R;
}

/** The program of a variant with one session, `model`, that has one input and one output: encode, run once, decode. */
export function oneRun<S extends ManifestStage, R, I extends TensorType>({
  input,
  output,
  encode,
  decode,
}: OneRun<S, R, I>): Program<S, R> {
  return {
    signatures: (stage) => ({
      model: { inputs: [input(stage)], outputs: [{ type: 'float32', dims: output(stage) }] },
    }),
    async run(stage, items, { model }, scratch) {
      const count = items.lengths.length;
      const { type, dims } = input(stage);
      const data = encode(stage, itemsOf(items), scratch);
      const feed = { type, data, dims: [count, ...dims] } as unknown as Tensor;
      const { outputs, ms } = await model!.run({ [model!.inputs[0]!.name]: feed });
      const tensor = outputs[model!.outputs[0]!.name] as Tensor<'float32'>;
      const dimsOut = output(stage);
      checkOutput(stage.name, tensor, [count, ...dimsOut]);
      const size = valuesIn(dimsOut);
      const results = Array.from({ length: count }, (_, i) =>
        decode(stage, tensor.data.subarray(i * size, (i + 1) * size)),
      );
      return { results, outputs: [tensor], runs: [{ session: 'model', ms }] };
    },
  };
}
