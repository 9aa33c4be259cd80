import type { ManifestStage } from '../../solver/documents/manifest.ts';
import type { Input } from './one-run.ts';
import type { Session } from './tensor.ts';
import type { Encoder, Tokens } from './tokens.ts';

/** A stage whose models take tokens. */
export interface TokenStage extends ManifestStage {
  /** The variant's tokenizer, once its assets are read. */
  readonly encoder?: Encoder;
}

/** A tensor int64 [rows, tokens], filled up to the longest row or to the model's fixed length. @param fill value of padding */
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

/** Number of padding tokens before a row's own in a tensor of `length` tokens. */
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

/** The number of tokens that a model always takes; undefined if it takes any number. */
export const fixedLength = ({ inputs }: Session): number | undefined =>
  inputs.find(({ name }) => name === 'input_ids')?.dims[1] ?? undefined;
