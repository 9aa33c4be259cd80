import { z } from 'zod';
import { parseAsset } from './asset.ts';
import { type Span, spansOf } from './token-spans.ts';
import type { SafeTokenizer } from './tokenizer.ts';
import { InvalidTokenizerError } from './tokenizer-errors.ts';

/** Tokens of texts, as the models of the Hugging Face hub take them. */

/** Roles of the two files that describe a tokenizer: the hub's `tokenizer.json` and `tokenizer_config.json`. */
export const TOKENIZER_ASSETS = ['tokenizer', 'tokenizer-config'] as const;

/** Hardly any token but a run of spaces covers more characters, so a text is cut after this many characters per allowed token. */
const CHARACTERS_PER_TOKEN_MAX = 64;

/** A string, or an object with the token as `content`. */
const token = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)])
  .nullish();

const side = z.enum(['left', 'right']).default('right');

const configSchema = z.looseObject({
  pad_token: token,
  unk_token: token,
  padding_side: side,
  truncation_side: side,
  additional_special_tokens: z.array(z.unknown()).max(20_000).nullish(),
});

/** Token ids of a text or a pair of texts, as model inputs. The token type ids in `types` distinguish the two texts of a pair. */
export interface Tokens {
  readonly ids: readonly number[];
  readonly types: readonly number[];
}

/** Tokens of a text without special tokens, and the characters that each stands for. */
export interface TokenizedText {
  readonly ids: readonly number[];
  readonly spans: readonly Span[];
}

/** The special tokens that stand before, between and after the tokens of a text or a pair of texts. */
export interface Template {
  /** Number of special tokens. */
  readonly size: number;
  /** Joins the tokens of the texts. @returns also the index of the last text's first token */
  join(...texts: readonly (readonly number[])[]): Tokens & { readonly lastAt: number };
}

/** A tokenizer with its padding token and padding side. */
export interface Encoder {
  readonly padId: number;
  readonly paddingSide: 'left' | 'right';
  /** Tokens of a text with special tokens; at most `most` tokens. */
  tokens(text: string, most: number): Tokens;
  /** The text that tokens stand for, without special tokens. */
  text(ids: readonly number[]): string;
  /** All tokens of a text, without special tokens. */
  ids(text: string): readonly number[];
  /** All tokens of a text, without special tokens, and their positions in the text. */
  tokenize(text: string): TokenizedText;
  readonly single: Template;
  /** Null if the tokenizer does not join pairs of texts. */
  readonly pair: Template | null;
}

/** Reads a tokenizer from its files, by role. @throws InvalidDocumentError, InvalidTokenizerError */
export async function readEncoder(assets: Readonly<Record<string, Uint8Array>>): Promise<Encoder> {
  // Loaded on demand, because pages load this module with the list of tasks, but only workers read tokenizers.
  const [{ known, safeTokenizer }, { checkTokenizer }, { surfaceReader }] = await Promise.all([
    import('./tokenizer.ts'),
    import('./tokenizer-check.ts'),
    import('./token-surfaces.ts'),
  ]);
  const config = parseAsset(configSchema, assets['tokenizer-config']!, 'tokenizer_config.json');
  const checked = checkTokenizer(assets.tokenizer!);
  const {
    pad_token: padToken,
    unk_token: unknown,
    padding_side: paddingSide,
    truncation_side: cutSide,
  } = config;
  const tokenizer = safeTokenizer(checked, config, unknown ?? undefined);
  const surfacesOf = surfaceReader(checked);
  const single = known(() => templateOf(tokenizer, 1));
  if (!single) throw new InvalidTokenizerError('its post_processor leaves texts out');
  return {
    padId: (padToken && tokenizer.idOf(padToken)) || 0,
    paddingSide,
    tokens(text, most) {
      // If a text has too many tokens, its end or beginning is cut off; the special tokens stay.
      const kept = <T extends string | readonly number[]>(all: T, length: number) =>
        all.slice(cutSide === 'left' ? Math.max(0, all.length - length) : 0).slice(0, length) as T;
      const { ids } = tokenizer.encode(kept(text, CHARACTERS_PER_TOKEN_MAX * most));
      const { ids: whole, types } = single.join(kept(ids, Math.max(0, most - single.size)));
      return { ids: whole.slice(0, most), types: types.slice(0, most) };
    },
    text: (ids) => tokenizer.decode(ids).trim(),
    ids: (text) => tokenizer.encode(text).ids,
    tokenize(text) {
      const { ids, tokens } = tokenizer.encode(text);
      return { ids, spans: spansOf(text, surfacesOf(tokens)) };
    },
    single,
    pair: known(() => templateOf(tokenizer, 2)),
  };
}

/** A stage with the tokenizer of its variant. @throws InvalidDocumentError, InvalidTokenizerError */
export const withEncoder = async <S>(
  stage: S,
  assets: Readonly<Record<string, Uint8Array>>,
): Promise<S & { readonly encoder: Encoder }> => ({ ...stage, encoder: await readEncoder(assets) });

/** A template has at most this many special tokens and texts. */
const SLOTS_MAX = 64;
/** Placeholders for the texts of a template. No tokenizer has them as tokens. */
const TEXTS = ['\ue000first', '\ue000second'];

/**
 * The template that a tokenizer's post-processor puts around texts; null if it does not keep each text exactly once and in order.
 */
function templateOf(tokenizer: SafeTokenizer, texts: 1 | 2): Template | null {
  const [first, second] = TEXTS.slice(0, texts).map((text) => [text]);
  const { tokens, types } = tokenizer.frame(first!, second);
  const slots = tokens.map((token, i) => ({
    text: TEXTS.indexOf(token),
    id: tokenizer.idOf(token),
    type: types[i] ?? 0,
  }));
  if (slots.some(({ text, id, type }) => (text < 0 && id === undefined) || !Number.isInteger(type)))
    throw new InvalidTokenizerError(
      'its post_processor has a special token that is not in its vocabulary, or of a wrong type',
    );
  if (slots.length > SLOTS_MAX)
    throw new InvalidTokenizerError(`it puts ${slots.length} tokens around a text`);
  if (
    slots
      .map(({ text }) => text)
      .filter((text) => text >= 0)
      .join() !== [0, 1].slice(0, texts).join()
  )
    return null;
  return {
    size: slots.length - texts,
    join(...parts) {
      const ids: number[] = [];
      const types: number[] = [];
      let lastAt = 0;
      for (const { text, id, type } of slots) {
        if (text === texts - 1) lastAt = ids.length;
        for (const value of text < 0 ? [id!] : parts[text]!) {
          ids.push(value);
          types.push(type);
        }
      }
      return { ids, types, lastAt };
    },
  };
}
