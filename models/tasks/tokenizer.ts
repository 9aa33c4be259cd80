import { Tokenizer } from '@huggingface/tokenizers';
import { TEXT_BYTES_MAX } from '../items/text.ts';
import {
  ADDED_LENGTH_MAX,
  ADDED_LETTERS_MAX,
  type CheckedTokenizer,
  checkLetters,
  WORD_LENGTH_MAX,
} from './tokenizer-check.ts';
import { InvalidTokenizerError } from './tokenizer-errors.ts';
import { bytePairCutter } from './tokenizer-models/byte-pairs.ts';
import type { Cutter } from './tokenizer-models/cutter.ts';
import { unigramCutter } from './tokenizer-models/unigram.ts';
import { wordPieceCutter } from './tokenizer-models/word-piece.ts';

/**
 * Makes the library `@huggingface/tokenizers` safe for any text. The time of the library's models grows faster than linearly with
 * a text, so this project's own models split words into tokens instead. If normalisation makes a text grow too long, only its
 * beginning counts.
 */

/**
 * The limit, in characters, on a normalised text, on all its words (which may be spelt byte by byte), and on a decoded text. No
 * ordinary text has more characters than bytes; the further 1024 are for the prefix that some models need.
 */
const CHARACTERS_MAX = TEXT_BYTES_MAX + 1024;

export interface SafeTokenizer {
  /** Tokens of a text without special tokens around it. @throws InvalidTokenizerError */
  encode(text: string): { readonly ids: readonly number[]; readonly tokens: readonly string[] };
  /** The text that tokens stand for, without special tokens. @throws InvalidTokenizerError */
  decode(ids: readonly number[]): string;
  idOf(token: string): number | undefined;
  /**
   * Puts special tokens around the tokens of a text or of a pair of texts. `types` has the token type ids, which distinguish the
   * two texts of a pair; if it is empty, all of them are 0.
   */
  frame(tokens: string[], pair?: string[]): { readonly tokens: string[]; readonly types: number[] };
}

/** The prefix of a text, e.g. `>>fra<<`, that selects the target language of a multilingual Marian model. */
const LANGUAGE_CODE = /^(>>\w{1,64}<<)\s*/;

/**
 * Makes a tokenizer that is safe for any text.
 * @param config `tokenizer_config.json`
 * @param unknown the token for unknown text that this config names
 * @throws InvalidTokenizerError
 */
export function safeTokenizer(
  given: CheckedTokenizer,
  { additional_special_tokens: more, ...config }: Readonly<Record<string, unknown>>,
  unknown?: string,
): SafeTokenizer {
  const checked = withUnknown(given, unknown);
  const { file, steps } = checked;
  // The library gives the second text of a pair type 1, but RoBERTa models know only type 0.
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

/**
 * Takes the unknown piece of a Unigram model from `tokenizer_config.json` if that file names a piece, because the `unk_id` of
 * Marian models is the id of another piece.
 * @param unknown the token for unknown text that the file names
 */
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

  /** The beginning of a text, as far as it may still be read. */
  take(text: string): string {
    const taken = text.slice(0, this.#left);
    this.#left -= taken.length;
    return taken;
  }
}

/** Calls the tokenizers' library. @throws InvalidTokenizerError if the library fails */
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

/**
 * Checks the lengths of the added tokens in their normalised form, because the library searches texts for that form.
 * @throws InvalidTokenizerError
 */
function checkNormalizedTokens({ file }: CheckedTokenizer, config: object): void {
  const model = { type: 'BPE', vocab: {}, merges: [] };
  const { normalizer } = known(() => new Tokenizer({ ...file, added_tokens: [], model }, config));
  if (!normalizer) return;
  const normalized = file.added_tokens
    .filter((token) => token.normalized ?? !token.special)
    .map(({ content }) => normalizer(content));
  checkLetters('added tokens', normalized, ADDED_LENGTH_MAX, ADDED_LETTERS_MAX);
}

/** The model fields with which the library maps tokens to ids, without the fields with which it would split words. */
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

/** Makes the function that splits the words of a text into tokens. @param ids the id of each token */
function cutterOf({ file, model }: CheckedTokenizer, ids: ReadonlyMap<string, number>): Cutter {
  const { unk_token, end_of_word_suffix, continuing_subword_suffix, ...fields } = file.model;
  const bytes = fields.byte_fallback ?? false;
  if (model.kind === 'Unigram') return unigramCutter({ ...model, ids, bytes });
  if (model.kind === 'WordPiece')
    return wordPieceCutter({
      ...model,
      ids,
      wordLengthMax: fields.max_input_chars_per_word ?? WORD_LENGTH_MAX,
    });
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
