import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { type Item, type ItemBatch, itemsOf } from '../items/item-batch.ts';
import type { Session, Tensor, TensorType } from './tensor.ts';

/** One tensor of a session as a task expects it. Dimensions after the batch; the batch itself comes first and is open. */
export interface TensorSpec {
  readonly type: TensorType;
  readonly dims: readonly number[];
}

/** What a session takes and gives, in order. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

export interface ProgramRun<R> {
  /** One for each item, in order. */
  readonly results: R[];
  /** What the backends of a variant are compared by. */
  readonly outputs: readonly Tensor[];
  /** Every run of a session, in order. */
  readonly runs: readonly { readonly session: string; readonly ms: number }[];
}

/** How a variant's sessions answer a batch: one run, or a loop. */
export interface Program<S, R> {
  /** By role of the session. A variant must have exactly these. */
  signatures(stage: S): Readonly<Record<string, Signature>>;
  /** @param sessions by role @param scratch memory that feeds may use until the run ends @throws OutputShapeError */
  run(
    stage: S,
    items: ItemBatch,
    sessions: Readonly<Record<string, Session>>,
    scratch: Scratch,
  ): Promise<ProgramRun<R>>;
}

/** Memory for feeds that is used again and again: fresh memory costs more than filling it. */
export class Scratch {
  #floats = new Float32Array(0);

  /** An array of `length` values, to be written whole. The one handed out before is the same memory. */
  float32(length: number): Float32Array {
    if (this.#floats.length < length) this.#floats = new Float32Array(length);
    return this.#floats.subarray(0, length);
  }
}

/** A session's output has not the shape that the manifest promises. */
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
  const length = expected.reduce((product, dim) => product * dim, 1);
  const same = dims.length === expected.length && expected.every((dim, i) => dims[i] === dim);
  if (!same || data.length !== length) throw new OutputShapeError(stage, expected, dims, data.length);
}

export interface OneRun<S, R, I extends TensorType> {
  /** The one input of the stage's models, for one item. */
  input(stage: S): TensorSpec & { readonly type: I };
  /** The one output of the stage's models, for one item: float32. */
  output(stage: S): readonly number[];
  /** Items → the values of the input. @throws ItemFormatError */
  encode(stage: S, items: readonly Item[], scratch: Scratch): Tensor<I>['data'];
  /** Values of the output for one item → its result. */
  decode(stage: S, output: Float32Array): R;
}

/** The program of variants with one session, `model`, that takes one tensor and gives one: encode, one run, decode. */
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
      const size = dimsOut.reduce((product, dim) => product * dim, 1);
      const results = Array.from({ length: count }, (_, i) =>
        decode(stage, tensor.data.subarray(i * size, (i + 1) * size)),
      );
      return { results, outputs: [tensor], runs: [{ session: 'model', ms }] };
    },
  };
}
