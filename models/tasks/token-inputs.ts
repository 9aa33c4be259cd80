import type { ManifestStage } from '../../solver/documents/manifest.ts';
import type { Item } from '../items/item-batch.ts';
import { checkItem } from '../items/item-format.ts';
import { TEXT_FORMAT } from '../items/text.ts';
import type { Input } from './one-run.ts';
import type { TensorInfo } from './tensor.ts';
import type { Encoder, Tokens } from './tokens.ts';

/** A stage whose models take tokens. */
export interface TokenStage extends ManifestStage {
  /** The variant's tokenizer; set once the variant's assets are read. */
  readonly encoder?: Encoder;
}

/** A stage whose models take the tokens of a text. */
export interface TextStage extends TokenStage {
  readonly input: {
    /** Maximum number of tokens that the models read at once, special tokens included. */
    readonly length: number;
    /** Prefix that the models get before each text. */
    readonly prefix?: string;
  };
}

/** Makes an input int64 [rows, tokens], padded to the longest row or to the model's fixed length. @param fill value of padding */
const tokenInput = (
  name: string,
  optional: boolean,
  valuesOf: (tokens: Tokens) => readonly number[],
  fill: (encoder: Encoder) => number,
): Input<TokenStage, Tokens> => ({
  spec: () => ({ name, optional, types: ['int64'], dims: [null] }),
  encode({ encoder }, rows, _scratch, { dims: [, fixed] }) {
    const length = fixed ?? Math.max(1, ...rows.map(({ ids }) => ids.length));
    const data = new BigInt64Array(rows.length * length).fill(BigInt(fill(encoder!)));
    rows.forEach((row, r) => {
      const from = r * length + paddingBefore(encoder!, row, length);
      valuesOf(row).forEach((value, i) => {
        data[from + i] = BigInt(value);
      });
    });
    return { type: 'int64', data, dims: [rows.length, length] };
  },
});

/** Number of padding tokens before a row's own tokens, in a tensor with rows of `length` tokens. */
export const paddingBefore = ({ paddingSide }: Encoder, { ids }: Tokens, length: number): number =>
  paddingSide === 'left' ? length - ids.length : 0;

/** The tensors `input_ids`, `attention_mask` and `token_type_ids`, of which a model may lack the last two. */
export const TOKEN_INPUTS: readonly Input<TokenStage, Tokens>[] = [
  tokenInput(
    'input_ids',
    false,
    ({ ids }) => ids,
    ({ padId }) => padId,
  ),
  tokenInput(
    'attention_mask',
    true,
    ({ ids }) => ids.map(() => 1),
    () => 0,
  ),
  tokenInput(
    'token_type_ids',
    true,
    ({ types }) => types,
    () => 0,
  ),
];

/**
 * Maximum number of tokens in a row: the stage's, or the model's fixed length if that is smaller.
 * @param info of a token input
 */
export const rowLength = ({ input }: TextStage, { dims }: TensorInfo): number =>
  Math.min(input.length, dims[1] ?? Number.POSITIVE_INFINITY);

/** {@link TOKEN_INPUTS} for texts. Texts that are longer than a row lose their end. */
export const TEXT_INPUTS = TOKEN_INPUTS.map(
  ({ spec, encode }): Input<TextStage> => ({
    spec,
    encode: (stage, items, scratch, info) =>
      encode(stage, tokensOf(stage, items, rowLength(stage, info)), scratch, info),
  }),
);

const decoder = new TextDecoder();
const encoded = new WeakMap<
  readonly Item[],
  { readonly encoder: Encoder; readonly tokens: readonly Tokens[] }
>();

/** Tokenizes texts. A cache keeps the tokens by the array of items, because a model takes several tensors of the same tokens. */
function tokensOf({ name, input, encoder }: TextStage, items: readonly Item[], most: number) {
  const known = encoded.get(items);
  if (known && known.encoder === encoder) return known.tokens;
  const tokens = items.map((item) => {
    checkItem(name, TEXT_FORMAT, item);
    return encoder!.tokens((input.prefix ?? '') + decoder.decode(item), most);
  });
  encoded.set(items, { encoder: encoder!, tokens });
  return tokens;
}
