import {
  type Feeds,
  floatsOf,
  type KeptTensor,
  type Session,
  TENSOR_ARRAYS,
  type Tensor,
  type TensorInfo,
  type TensorType,
} from '../tensor.ts';

/** Prefix of the decoder's inputs for cached keys and values. */
const PAST = 'past_key_values.';
/** Prefix of the decoder's outputs of keys and values, which become the next step's inputs. */
const PRESENT = 'present.';

/** The sessions of a decoder by role: one merged model, or one model for the first step and one for later steps. */
export type DecoderSessions =
  | { readonly decoder: Session }
  | { readonly decoder: Session; readonly 'decoder-with-past': Session };

/** The encoder's output for the decoder. */
interface Encoded {
  readonly states: KeptTensor;
  /** int64 [rows, length], 0 for padding and 1 for everything else. */
  readonly mask: Tensor<'int64'>;
}

interface DecoderStep {
  /** The logits of each row's next token. The caller may overwrite them. */
  readonly logits: Float32Array[];
  readonly ms: number;
}

/**
 * Runs the decoder for one batch. Keys and values stay where the sessions computed them, e.g. in GPU memory. The decoder keeps
 * the keys and values of the encoder's states (cross-attention) from the first step, because merged models output none in later
 * steps.
 */
export class Decoder {
  /** Keys and values by their input's name; empty before the first step. */
  #past = new Map<string, KeptTensor>();
  #states: KeptTensor;
  #mask: Tensor<'int64'>;
  #rows: number;
  /** Number of tokens that the decoder has read in each row. */
  #position = 0;

  constructor(
    private readonly sessions: DecoderSessions,
    { states, mask }: Encoded,
  ) {
    this.#states = states;
    this.#mask = mask;
    this.#rows = states.dims[0]!;
  }

  /**
   * Runs the decoder on the new tokens: the prompt in the first step, then one token for each row.
   * @param ids the tokens of each row, equally many for all rows
   */
  async step(ids: readonly (readonly number[])[]): Promise<DecoderStep> {
    const first = this.#past.size === 0;
    const session =
      first || !('decoder-with-past' in this.sessions)
        ? this.sessions.decoder
        : this.sessions['decoder-with-past'];
    const given = new Set(session.inputs.map(({ name }) => name));
    const length = ids[0]!.length;
    const feeds: Record<string, Feeds[string]> = {
      input_ids: {
        type: 'int64',
        data: BigInt64Array.from(ids.flat(), BigInt),
        dims: [ids.length, length],
      },
      encoder_hidden_states: this.#states,
      encoder_attention_mask: this.#mask,
      use_cache_branch: { type: 'bool', data: Uint8Array.of(first ? 0 : 1), dims: [1] },
      // Whisper models that transformers 4.43 to 4.45 exported ask for the positions of the tokens.
      cache_position: {
        type: 'int64',
        data: BigInt64Array.from(ids[0]!, (_, i) => BigInt(this.#position + i)),
        dims: [length],
      },
    };
    this.#position += length;
    for (const name of Object.keys(feeds)) if (!given.has(name)) delete feeds[name];
    for (const input of session.inputs)
      if (input.name.startsWith(PAST))
        feeds[input.name] = this.#past.get(input.name) ?? emptyPast(input, this.#rows);
    const keep = session.outputs
      .map(({ name }) => name)
      .filter((name) => name.startsWith(PRESENT) && (first || !name.includes('.encoder.')));
    const { outputs, kept = {}, ms } = await session.run(feeds, { read: ['logits'], keep });
    for (const name of keep) this.#replace(pastOf(name), kept[name]!);
    return { logits: lastLogits(outputs.logits!), ms };
  }

  /** Selects the rows of the next step from those of the last step. A row may be left out, moved or duplicated. */
  select(from: readonly number[]): void {
    if (from.length === this.#rows && from.every((row, i) => row === i)) return;
    for (const [name, tensor] of this.#past) this.#past.set(name, tensor.select(from));
    this.#states = this.#states.select(from);
    this.#mask = maskRows(this.#mask, from);
    this.#rows = from.length;
  }

  dispose(): void {
    this.#states.dispose();
    for (const tensor of this.#past.values()) tensor.dispose();
    this.#past.clear();
  }

  #replace(name: string, tensor: KeptTensor): void {
    this.#past.get(name)?.dispose();
    this.#past.set(name, tensor);
  }
}

const pastOf = (present: string): string => PAST + present.slice(PRESENT.length);

/** Makes an empty tensor of keys or values, for the first step: [rows, heads, 0, width]. */
function emptyPast({ type, dims }: TensorInfo, rows: number): Tensor {
  const [, heads, , width] = dims;
  return {
    type,
    data: new TENSOR_ARRAYS[type as TensorType](0),
    dims: [rows, heads ?? 1, 0, width ?? 1],
  } as Tensor;
}

/** The logits after each row's last token, of logits [rows, tokens, vocabulary]. */
function lastLogits(tensor: Tensor): Float32Array[] {
  const [rows, tokens, vocabulary] = tensor.dims as [number, number, number];
  const all = floatsOf(tensor);
  return Array.from({ length: rows }, (_, row) => {
    const end = (row + 1) * tokens * vocabulary;
    return all.subarray(end - vocabulary, end);
  });
}

function maskRows({ data, dims }: Tensor<'int64'>, from: readonly number[]): Tensor<'int64'> {
  const length = dims[1]!;
  const rows = new BigInt64Array(from.length * length);
  from.forEach((row, i) => {
    rows.set(data.subarray(row * length, (row + 1) * length), i * length);
  });
  return { type: 'int64', data: rows, dims: [from.length, length] };
}
