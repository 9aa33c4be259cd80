import type { ManifestStage } from '../../solver/documents/manifest.ts';
import type { Item } from '../items/item-batch.ts';
import {
  hasShape,
  type Program,
  type ProgramRun,
  type Scratch,
  type TensorSpec,
  tensorOf,
  valuesIn,
} from './program.ts';
import { floatsOf, type Session, type Tensor, type TensorInfo, type Tensors } from './tensor.ts';

/** A model's output has another shape than the manifest's stage implies. */
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

/** One item's part of a session's output: values in row-major order, and dimensions without the batch. */
export interface ItemOutput {
  readonly values: Float32Array;
  readonly dims: readonly number[];
}

/** Splits an output tensor by item. @throws OutputShapeError */
function byItem(stage: string, tensor: Tensor, rows: number, { dims }: TensorSpec): ItemOutput[] {
  const { data } = tensor;
  const [, ...own] = tensor.dims;
  if (!hasShape(tensor.dims, [rows, ...dims]) || data.length !== rows * valuesIn(own))
    throw new OutputShapeError(stage, [rows, ...dims], tensor.dims, data.length);
  const values = floatsOf(tensor);
  const size = valuesIn(own);
  return Array.from({ length: rows }, (_, i) => ({
    values: values.subarray(i * size, (i + 1) * size),
    dims: own,
  }));
}

/** An input tensor of a stage's models, and its encoder. A row is an item, or a part that a task made of one, e.g. a window. */
export interface Input<S, Row = Item> {
  spec(stage: S): TensorSpec;
  /** Encodes rows. @param info the input as the model declares it @throws ItemFormatError */
  encode(stage: S, rows: readonly Row[], scratch: Scratch, info: TensorInfo): Tensor;
}

/** The tensors that a session takes and gives, and the rows to run it on. */
interface RowRun<S, Row> {
  readonly stage: S;
  readonly inputs: readonly Input<S, Row>[];
  readonly outputs: readonly TensorSpec[];
  readonly rows: readonly Row[];
  /** Maximum number of rows in a run of a model with a dynamic batch size. */
  readonly most: number;
}

/**
 * Runs the session `model` on rows. A model with a fixed batch size runs once for each batch of that size; copies of the last row
 * fill the last batch.
 * @returns for each row its outputs in the order of the specs, as `results`
 * @throws OutputShapeError, and what the inputs' `encode` throws
 */
export async function runRows<S extends ManifestStage, Row>(
  { stage, inputs, outputs: specs, rows, most }: RowRun<S, Row>,
  session: Session,
  scratch: Scratch,
): Promise<ProgramRun<ItemOutput[]>> {
  const fixed = session.inputs[0]!.dims[0] ?? null;
  const size = fixed ?? most;
  const run: { results: ItemOutput[][]; outputs: Tensor[]; runs: { session: string; ms: number }[] } = {
    results: [],
    outputs: [],
    runs: [],
  };
  for (let from = 0; from < rows.length; from += size) {
    const own = rows.slice(from, from + size);
    const filled = Array.from({ length: fixed ?? own.length }, (_, i) => own[i] ?? own.at(-1)!);
    const { outputs, ms } = await session.run(feedsOf(stage, inputs, filled, session, scratch));
    const tensors = specs.map((spec, i) => outputs[tensorOf(spec, i, session.outputs)!.name]!);
    const split = tensors.map((tensor, i) => byItem(stage.name, tensor, filled.length, specs[i]!));
    own.forEach((_, i) => {
      run.results.push(split.map((rowsOf) => rowsOf[i]!));
    });
    run.outputs.push(...tensors);
    run.runs.push({ session: 'model', ms });
  }
  return run;
}

/** Encodes rows as the tensors that a session takes. Leaves out inputs that the session lacks. @throws ItemFormatError */
export function feedsOf<S, Row>(
  stage: S,
  inputs: readonly Input<S, Row>[],
  rows: readonly Row[],
  session: Session,
  scratch: Scratch,
): Tensors {
  return Object.fromEntries(
    inputs.flatMap(({ spec, encode }, i) => {
      const info = tensorOf(spec(stage), i, session.inputs);
      return info ? [[info.name, encode(stage, rows, scratch, info)]] : [];
    }),
  );
}

/** Parts from which {@link oneRun} makes the program of a variant with one session. */
interface OneRun<S, R> {
  inputs(stage: S): readonly Input<S>[];
  outputs(stage: S): readonly TensorSpec[];
  /** Decodes the outputs for one item, in the order of `outputs`, as its result. */
  decode(stage: S, outputs: readonly ItemOutput[]): R;
}

/**
 * The program of a variant with one session, `model`: it encodes a batch, runs the model and decodes the outputs. The model runs
 * once, or several times if its batch size is fixed and smaller than the batch.
 */
export function oneRun<S extends ManifestStage, R>({
  inputs: inputsFor,
  outputs: specsOf,
  decode,
}: OneRun<S, R>): Program<S, R> {
  return {
    signatures: (stage) => ({
      model: { inputs: inputsFor(stage).map(({ spec }) => spec(stage)), outputs: specsOf(stage) },
    }),
    async run(stage, items, { model }, scratch) {
      const [inputs, outputs] = [inputsFor(stage), specsOf(stage)];
      const run = await runRows({ stage, inputs, outputs, rows: items, most: items.length }, model!, scratch);
      return { ...run, results: run.results.map((own) => decode(stage, own)) };
    },
  };
}
