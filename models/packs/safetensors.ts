import { z } from 'zod';
import { InputError } from '../../solver/documents/coded-error.ts';
import { parseDocument, parseJson } from '../../solver/documents/document.ts';

/** A file is not a labelled pack, or its labels do not fit its items. */
export class InvalidPackError extends InputError {
  override name = 'InvalidPackError';
  /** @param file name of the pack's file; absent when the pack has none */
  constructor(
    readonly problem: string,
    options?: ErrorOptions,
    file?: string,
  ) {
    super(
      `The labelled pack${file === undefined ? '' : ` ${file}`} is not valid: ${problem}. ` +
        'Correct its labelled data and make the pack again, or fetch it again.',
      options,
    );
  }
}

const ARRAYS = { U8: Uint8Array, I16: Int16Array, I32: Int32Array, F32: Float32Array } as const;
type Dtype = keyof typeof ARRAYS;
type ArrayOf<D extends Dtype> = InstanceType<(typeof ARRAYS)[D]>;

const index = z.int().nonnegative();
const headerSchema = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(index).max(8),
    data_offsets: z.tuple([index, index]),
  }),
);
type Entry = z.output<typeof headerSchema>[string];

const PREFIX_BYTES = 8;
const HEADER_BYTES_MAX = 1 << 20;

function readHeader(bytes: Uint8Array<ArrayBuffer>): { entries: Record<string, Entry>; start: number } {
  if (bytes.length < PREFIX_BYTES) throw new InvalidPackError(`the file ends after ${bytes.length} bytes`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const most = Math.min(HEADER_BYTES_MAX, bytes.length - PREFIX_BYTES);
  if (length > BigInt(most))
    throw new InvalidPackError(`expected a header of at most ${most} bytes, found one of ${length}`);
  const start = PREFIX_BYTES + Number(length);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(PREFIX_BYTES, start));
    // `__metadata__` is free text that the format allows beside the tensors.
    const { __metadata__, ...tensors } = parseJson(z.record(z.string(), z.unknown()), text, 'header');
    return { entries: parseDocument(headerSchema, tensors, 'header'), start };
  } catch (cause) {
    throw new InvalidPackError(`its header is not that of a safetensors file (${(cause as Error).message})`, {
      cause,
    });
  }
}

interface Tensor<A> {
  readonly shape: readonly number[];
  readonly data: A;
}

/** The tensors of a safetensors file. Each tensor is checked when it is read. */
export class TensorFile {
  private readonly entries: Record<string, Entry>;
  private readonly start: number;

  /** @throws InvalidPackError when the header is not valid */
  constructor(private readonly bytes: Uint8Array<ArrayBuffer>) {
    ({ entries: this.entries, start: this.start } = readHeader(bytes));
  }

  /** Whether the file has a tensor of this name and dtype. */
  has(name: string, dtype: Dtype): boolean {
    return this.entries[name]?.dtype === dtype;
  }

  /** Copies a tensor out of the file. @param dims number of dimensions that the tensor must have @throws InvalidPackError */
  read<D extends Dtype>(name: string, dtype: D, dims: number): Tensor<ArrayOf<D>> {
    const entry = this.entries[name];
    if (!entry) throw new InvalidPackError(`it has no tensor "${name}"`);
    if (entry.dtype !== dtype || entry.shape.length !== dims)
      throw new InvalidPackError(
        `"${name}" should be ${dtype} with ${dims} dimensions, but is ${entry.dtype} [${entry.shape.join(', ')}]`,
      );
    const [from, to] = entry.data_offsets;
    const size = entry.shape.reduce((product, dim) => product * dim, ARRAYS[dtype].BYTES_PER_ELEMENT);
    const held = this.bytes.length - this.start;
    if (to - from !== size || to > held)
      throw new InvalidPackError(
        `"${name}" needs ${size} bytes, but its header gives it bytes ${from} to ${to} of ${held}`,
      );
    // A copy, because typed arrays need aligned offsets, and offsets in the file need not be multiples of four.
    const { buffer } = this.bytes.slice(this.start + from, this.start + to);
    return { shape: entry.shape, data: new ARRAYS[dtype](buffer) as ArrayOf<D> };
  }
}
