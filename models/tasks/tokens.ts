import { z } from 'zod';
import { parseJson } from '../../solver/documents/document.ts';
import type { Item } from '../items/item-batch.ts';

/** Tokens of texts, as the models of the Hugging Face hub take them. */

/** Roles of the two files that describe a tokenizer: the hub's `tokenizer.json` and `tokenizer_config.json`. */
export const TOKENIZER_ASSETS = ['tokenizer', 'tokenizer-config'] as const;

/** No token of a usual tokenizer stands for more characters, so the text after this many per token is not looked at. */
const CHARACTERS_PER_TOKEN_MAX = 64;

const anyJson = z.record(z.string(), z.unknown());
const configSchema = z.looseObject({
  /** A string, or an object with the token as `content`. */
  pad_token: z.union([z.string(), z.looseObject({ content: z.string() })]).nullish(),
  padding_side: z.enum(['left', 'right']).default('right'),
});

/** The tokens of a text. `types` tells the parts of a pair of texts apart. */
export interface Tokens {
  readonly ids: readonly number[];
  readonly types: readonly number[];
}

/** A tokenizer, with its rule of padding. */
export interface Encoder {
  readonly padId: number;
  readonly paddingSide: 'left' | 'right';
  /** Tokens of a text with special tokens; at most `most` tokens. */
  tokens(text: string, most: number): Tokens;
}

/** Reads a tokenizer from its files, by role. @throws InvalidDocumentError, and what the tokenizer's own code throws */
export async function readEncoder(assets: Readonly<Record<string, Uint8Array>>): Promise<Encoder> {
  // Only workers read tokenizers: a page should not load the library with the list of tasks.
  const { Tokenizer } = await import('@huggingface/tokenizers');
  const [json, configJson] = TOKENIZER_ASSETS.map((role) => new TextDecoder().decode(assets[role]));
  const config = parseJson(configSchema, configJson!, 'tokenizer_config.json');
  const tokenizer = new Tokenizer(parseJson(anyJson, json!, 'tokenizer.json'), config);
  const { pad_token: pad, padding_side: paddingSide } = config;
  const padToken = typeof pad === 'string' ? pad : pad?.content;
  return {
    padId: (padToken !== undefined && tokenizer.token_to_id(padToken)) || 0,
    paddingSide,
    tokens(text, most) {
      const read = text.slice(0, CHARACTERS_PER_TOKEN_MAX * most);
      const { ids, token_type_ids: types } = tokenizer.encode(read, { return_token_type_ids: true });
      if (ids.length <= most) return { ids, types };
      // Special tokens stay: the tokens of the text itself are cut at their end.
      const content = tokenizer.encode(read, { add_special_tokens: false }).ids;
      const before = ids.findIndex((_, i) => content.every((id, k) => ids[i + k] === id));
      if (before < 0) return { ids: ids.slice(0, most), types: types.slice(0, most) };
      const after = ids.slice(before + content.length);
      const room = Math.max(0, most - before - after.length);
      const cut = [...ids.slice(0, before), ...content.slice(0, room), ...after].slice(0, most);
      return { ids: cut, types: types.slice(0, cut.length) };
    },
  };
}

const encoded = new WeakMap<
  readonly Item[],
  { readonly encoder: Encoder; readonly tokens: readonly Tokens[] }
>();

/** The tokens of texts. The same array of items is encoded once, though a model takes several tensors that are made of them. */
export function tokensOf(encoder: Encoder, items: readonly Item[], most: number): readonly Tokens[] {
  const known = encoded.get(items);
  if (known?.encoder === encoder) return known.tokens;
  const decoder = new TextDecoder();
  const tokens = items.map((item) => encoder.tokens(decoder.decode(item), most));
  encoded.set(items, { encoder, tokens });
  return tokens;
}

/**
 * Values of tokens as int64 rows of one length.
 * @param length of a row; shorter texts are filled up with `fill`
 */
export function paddedRows(
  rows: readonly (readonly number[])[],
  length: number,
  { paddingSide }: Encoder,
  fill: number,
): BigInt64Array<ArrayBuffer> {
  const data = new BigInt64Array(rows.length * length).fill(BigInt(fill));
  rows.forEach((row, r) => {
    const from = r * length + (paddingSide === 'left' ? length - row.length : 0);
    row.forEach((value, i) => {
      data[from + i] = BigInt(value);
    });
  });
  return data;
}
