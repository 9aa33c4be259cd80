import { Tokenizer } from '@huggingface/tokenizers';
import { TEXT_BYTES_MAX } from '../items/text.ts';
import {
  ADDED_LENGTH_MAX,
  ADDED_LETTERS_MAX,
  type CheckedTokenizer,
  checkLetters,
} from './tokenizer-check.ts';
import { InvalidTokenizerError } from './tokenizer-errors.ts';
import { bytePairCutter } from './tokenizer-models/byte-pairs.ts';
import { unigramCutter } from './tokenizer-models/unigram.ts';
import { wordPieceCutter } from './tokenizer-models/word-piece.ts';

/**
 * The tokenizers' library, made safe for any text. Its models take a time that grows faster than a text, so ours cut the words;
 * and a text that grows while it is normalised is read only so far.
 */

/**
 * Most characters of a text after its normalisation, of its words, which may be spelt byte by byte, and of a text made of tokens: no
 * ordinary text has more than it has bytes, besides what stands before it for the models.
 */
const CHARACTERS_MAX = TEXT_BYTES_MAX + 1024;

export interface SafeTokenizer {
  /** Tokens of a text without special tokens around it. @throws InvalidTokenizerError */
  encode(text: string): { readonly ids: readonly number[]; readonly tokens: readonly string[] };
  /** The text of tokens without the special ones. @throws InvalidTokenizerError */
  decode(ids: readonly number[]): string;
  idOf(token: string): number | undefined;
  /** Puts special tokens around the tokens of a text or of a pair of texts. `types` tells the parts of a pair apart; empty: all are 0. */
  frame(tokens: string[], pair?: string[]): { readonly tokens: string[]; readonly types: number[] };
}

/** What tells a Marian model for several languages to which one it translates, before the text. */
const LANGUAGE_CODE = /^(>>\w{1,64}<<)\s*/;

/**
 * @param config `tokenizer_config.json`
 * @param unknown the token of unknown text that it names
 * @throws InvalidTokenizerError
 */
export function safeTokenizer(
  given: CheckedTokenizer,
  { additional_special_tokens: more, ...config }: Readonly<Record<string, unknown>>,
  unknown?: string,
): SafeTokenizer {
  const checked = withUnknown(given, unknown);
  const { file, steps } = checked;
  // The library gives a second text type 1, but RoBERTa's models know type 0 alone.
  const untyped = steps.post_processor.some(({ type }) => type === 'RobertaProcessing');
  checkNormalizedTokens(checked, config);
  const tokenizer = known(() => new Tokenizer({ ...file, model: withoutModel(checked) }, config));
  const { normalizer } = tokenizer;
  const model = tokenizer.model!;
  const special = new Set<unknown>([
    ...file.added_tokens.flatMap((token) => (token.special ? token.content : [])),
    ...(Array.isArray(more) ? more : []),
  ]);

  let characters: Allowance;
  let wordCharacters: Allowance;
  if (normalizer) {
    const normalize = normalizer.normalize.bind(normalizer);
    normalizer.normalize = (text) => characters.take(normalize(text));
  }
  const cut = cutterOf(checked, model.tokens_to_ids);
  model.encode = (words) => cut(words.map((word) => wordCharacters.take(word)));

  return {
    encode(text) {
      characters = new Allowance(CHARACTERS_MAX);
      wordCharacters = new Allowance(CHARACTERS_MAX);
      const [before, code] = LANGUAGE_CODE.exec(text) ?? [];
      const codeId = code && tokenizer.token_to_id(code);
      const own = codeId ? text.slice(before!.length) : text;
      const { ids, tokens } = known(() => tokenizer.encode(own, { add_special_tokens: false }));
      const wrong = ids.findIndex((id) => !Number.isInteger(id));
      if (wrong >= 0) throw new InvalidTokenizerError(`the token ${tokens[wrong]} has no number`);
      return codeId ? { ids: [codeId, ...ids], tokens: [code!, ...tokens] } : { ids, tokens };
    },
    decode(ids) {
      const allowance = new Allowance(CHARACTERS_MAX);
      const kept = ids.filter((id) => {
        const token = tokenizer.id_to_token(id) ?? model.unk_token ?? null;
        return token !== null && !special.has(token) && allowance.take(token) === token;
      });
      return kept.length === 0 ? '' : known(() => tokenizer.decode(kept));
    },
    idOf: (token) => tokenizer.token_to_id(token),
    frame(tokens, pair) {
      if (!tokenizer.post_processor) return { tokens: [...tokens, ...(pair ?? [])], types: [] };
      const framed = tokenizer.post_processor(tokens, pair ?? null, true);
      return { tokens: framed.tokens, types: untyped ? [] : (framed.token_type_ids ?? []) };
    },
  };
}

/** A Unigram model with the unknown piece of `tokenizer_config.json`: files of Marian's models have another piece's number as `unk_id`. */
function withUnknown(checked: CheckedTokenizer, unknown: string | undefined): CheckedTokenizer {
  const { model } = checked;
  if (model.kind !== 'Unigram') return checked;
  const unknownId = model.pieces.findIndex(([piece]) => piece === unknown);
  return unknownId < 0 ? checked : { ...checked, model: { ...model, unknownId } };
}

/** A number of characters that may still be read. */
class Allowance {
  #left: number;
  constructor(characters: number) {
    this.#left = characters;
  }

  /** As much of a text's beginning as may be read. */
  take(text: string): string {
    const taken = text.slice(0, this.#left);
    this.#left -= taken.length;
    return taken;
  }
}

/** What the tokenizers' library makes of a file, or of a text by that file. @throws InvalidTokenizerError if the library fails */
export function known<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof InvalidTokenizerError) throw cause;
    throw new InvalidTokenizerError(`it has parts that are not known (${(cause as Error).message})`, {
      cause,
    });
  }
}

/** Checks added tokens as they are searched for: after their normalisation. @throws InvalidTokenizerError */
function checkNormalizedTokens({ file }: CheckedTokenizer, config: object): void {
  const model = { type: 'BPE', vocab: {}, merges: [] };
  const { normalizer } = known(() => new Tokenizer({ ...file, added_tokens: [], model }, config));
  if (!normalizer) return;
  const normalized = file.added_tokens
    .filter((token) => token.normalized ?? !token.special)
    .map(({ content }) => normalizer(content));
  checkLetters('added tokens', normalized, ADDED_LENGTH_MAX, ADDED_LETTERS_MAX);
}

/** The fields of a model by which the library knows tokens by number, without what it would cut words with. */
function withoutModel({ file, model }: CheckedTokenizer): object {
  if (model.kind === 'words') return file.model;
  const { vocab, unk_token, end_of_word_suffix } = file.model;
  const cutNothing = { type: 'BPE', merges: [], end_of_word_suffix };
  if (model.kind !== 'Unigram') return { ...cutNothing, vocab, unk_token };
  const { pieces, unknownId } = model;
  return {
    ...cutNothing,
    vocab: Object.fromEntries(pieces.map(([piece], id) => [piece, id])),
    unk_token: pieces[unknownId]![0],
  };
}

/** Returns what cuts the words of a text into tokens. @param ids the number of each token */
function cutterOf(
  { file, model }: CheckedTokenizer,
  ids: ReadonlyMap<string, number>,
): (words: string[]) => string[] {
  const { unk_token, end_of_word_suffix, continuing_subword_suffix, ...fields } = file.model;
  const bytes = fields.byte_fallback ?? false;
  if (model.kind === 'Unigram') return unigramCutter({ ...model, ids, bytes });
  if (model.kind === 'WordPiece')
    return wordPieceCutter({ ...model, ids, wordLengthMax: fields.max_input_chars_per_word ?? 100 });
  if (model.kind === 'words') return (words) => words.filter(Boolean);
  return bytePairCutter({
    ...model,
    ids,
    unknown: unk_token ?? undefined,
    fuses: fields.fuse_unk ?? false,
    wordEnd: end_of_word_suffix ?? '',
    tokenEnd: continuing_subword_suffix ?? '',
    bytes,
    keepsWords: fields.ignore_merges ?? false,
  });
}
