import { z } from 'zod';
import { listOf } from '../../solver/documents/common.ts';
import { parseJson } from '../../solver/documents/document.ts';
import { InvalidTokenizerError } from './tokenizer-errors.ts';
import { checkSteps, type Steps } from './tokenizer-steps.ts';

/**
 * Checks of a `tokenizer.json` before the library reads it. A tokenizer comes with a model from anywhere, and the library trusts
 * its file: with some files the library would never return, or would fill the memory.
 */

/** Twice the size of the largest known tokenizer's file. */
const FILE_BYTES_MAX = 64 * 2 ** 20;
/** Several times as many tokens as widely used tokenizers have; Gemma 3's has 262,144. */
const TOKENS_MAX = 1_000_000;
/** Twice as many merges as the largest known tokenizer has. */
const MERGES_MAX = 1_000_000;
/** The number (id) of a token is less than this. */
const IDS_MAX = 10_000_000;
/** Maximum number of characters of a token of the vocabulary; the longest known token has 128 spaces. */
const TOKEN_LENGTH_MAX = 1024;
/** Maximum number of characters of all tokens of the vocabulary together. */
const LETTERS_MAX = 5_500_000;
/** Maximum number of characters of a Unigram model's piece. From each place of a text the model reads at most so many. */
const PIECE_LENGTH_MAX = 128;
/** Maximum number of characters of a word that a WordPiece model cuts into tokens; a longer word is unknown. */
export const WORD_LENGTH_MAX = 100;
/** Maximum number of added tokens, which the library searches for in a text before and after its normalisation. */
const ADDED_MAX = 10_000;
/** Maximum number of characters of an added token. */
export const ADDED_LENGTH_MAX = 64;
/** Maximum number of characters of all added tokens together. */
export const ADDED_LETTERS_MAX = 250_000;

const short = z.string().max(64).nullish();
const isId = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < IDS_MAX;
const id = z.custom<number>(isId, `expected the number of a token, less than ${IDS_MAX}`);

const fileSchema = z.looseObject({
  model: z.looseObject({
    type: z.string().max(64).nullish(),
    unk_token: short,
    unk_id: id.nullish(),
    continuing_subword_prefix: short,
    continuing_subword_suffix: short,
    end_of_word_suffix: short,
    byte_fallback: z.boolean().nullish(),
    fuse_unk: z.boolean().nullish(),
    ignore_merges: z.boolean().nullish(),
    max_input_chars_per_word: z.int().min(1).max(WORD_LENGTH_MAX).optional(),
    vocab: z.union([z.array(z.unknown()), z.custom<object>((value) => typeof value === 'object' && !!value)]),
    merges: z.array(z.unknown()).max(MERGES_MAX).nullish(),
  }),
  added_tokens: listOf(
    z.looseObject({
      id,
      content: z.string(),
      special: z.boolean().nullish(),
      normalized: z.boolean().nullish(),
      single_word: z.boolean().nullish(),
    }),
    { most: ADDED_MAX },
  ),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
  post_processor: z.unknown(),
  decoder: z.unknown(),
});
type ModelFile = z.output<typeof fileSchema>['model'];

type Pair<T> = readonly [string, T];

/** The model that cuts words into tokens. With kind `words`, each word is a token. */
type CheckedModel =
  | { readonly kind: 'Unigram'; readonly pieces: readonly Pair<number>[]; readonly unknownId: number }
  | { readonly kind: 'WordPiece'; readonly unknown: string; readonly prefix: string }
  | { readonly kind: 'BPE'; readonly merges: readonly Pair<string>[] }
  | { readonly kind: 'words' };

/** A `tokenizer.json` that is safe to use. */
export interface CheckedTokenizer {
  readonly file: z.output<typeof fileSchema>;
  readonly model: CheckedModel;
  readonly steps: Steps;
}

/**
 * Reads a `tokenizer.json`. Refuses a file unless it surely cuts a text of n characters in bounded memory and in O(n log n) time.
 * @throws InvalidDocumentError, InvalidTokenizerError
 */
export function checkTokenizer(bytes: Uint8Array): CheckedTokenizer {
  if (bytes.length > FILE_BYTES_MAX)
    throw new InvalidTokenizerError(
      `tokenizer.json has ${bytes.length} bytes, at most ${FILE_BYTES_MAX} are read`,
    );
  const file = parseJson(fileSchema, new TextDecoder().decode(bytes), 'tokenizer.json');
  const steps = checkSteps(file);
  checkLetters(
    'added tokens',
    file.added_tokens.map(({ content }) => content),
    ADDED_LENGTH_MAX,
    ADDED_LETTERS_MAX,
  );
  // The library would find such a token inside words, too. A special token is no problem, because texts hardly contain one.
  const alone = file.added_tokens.find((token) => token.single_word && !token.special);
  if (alone)
    throw new InvalidTokenizerError(
      `its added token ${JSON.stringify(alone.content)} counts only as a whole word, which is not supported`,
    );
  return { file, steps, model: checkModel(file.model) };
}

/** @throws InvalidTokenizerError if a text has more than `most` characters, or all texts together more than `mostInAll` */
export function checkLetters(name: string, texts: readonly string[], most: number, mostInAll: number): void {
  const longest = texts.reduce((max, { length }) => Math.max(max, length), 0);
  const letters = texts.reduce((sum, { length }) => sum + length, 0);
  if (longest > most || letters > mostInAll)
    throw new InvalidTokenizerError(
      `its ${name} have up to ${longest} characters, and ${letters} in all; at most ${most} and ${mostInAll} are allowed`,
    );
}

/** Returns the kind of a model: its type if that is known, otherwise the kind that its fields imply. */
function kindOf({ type, vocab, ...model }: ModelFile): CheckedModel['kind'] {
  if (type === 'WordPiece' || type === 'Unigram' || type === 'BPE') return type;
  if (Array.isArray(vocab)) return 'Unigram';
  if (model.continuing_subword_prefix === undefined || model.unk_token === undefined) return 'words';
  return model.merges === undefined ? 'WordPiece' : 'BPE';
}

/** @throws InvalidTokenizerError */
function checkModel(model: ModelFile): CheckedModel {
  const kind = kindOf(model);
  const { vocab, unk_token: unknown, continuing_subword_prefix: prefix } = model;
  if (kind === 'Unigram') return { kind, ...checkPieces(vocab, model.unk_id) };
  const wrong = (problem: string) => new InvalidTokenizerError(problem);
  if (Array.isArray(vocab)) throw wrong('its vocabulary has no numbers of tokens');
  const tokens = Object.keys(vocab);
  if (tokens.length > TOKENS_MAX)
    throw wrong(`it has ${tokens.length} tokens, at most ${TOKENS_MAX} are allowed`);
  if (!Object.values(vocab).every(isId))
    throw wrong(`the number of a token in its vocabulary is not a whole number below ${IDS_MAX}`);
  checkLetters('tokens', tokens, TOKEN_LENGTH_MAX, LETTERS_MAX);
  if (kind === 'words') return { kind };
  if (kind === 'BPE' && prefix)
    throw wrong(
      `its byte pairs put ${JSON.stringify(prefix)} before continued words, which is not supported`,
    );
  if (kind === 'BPE') return { kind, merges: checkMerges(model.merges) };
  if (typeof prefix !== 'string' || !unknown || !Object.hasOwn(vocab, unknown))
    throw wrong('its WordPiece model lacks the prefix of continued words, or a token for unknown ones');
  return { kind, unknown, prefix };
}

/** Checks merges: each is a pair of tokens, or one text of two tokens with a space between them. @throws InvalidTokenizerError */
function checkMerges(merges: ModelFile['merges']): readonly Pair<string>[] {
  const pairs = merges?.map((merge) => (typeof merge === 'string' ? merge.split(' ', 2) : merge));
  const isToken = (token: unknown) => typeof token === 'string' && token.length <= TOKEN_LENGTH_MAX;
  if (!pairs?.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isToken)))
    throw new InvalidTokenizerError('its merges are not pairs of tokens');
  return pairs as unknown as readonly Pair<string>[];
}

const isPiece = (value: unknown): value is Pair<number> =>
  Array.isArray(value) && typeof value[0] === 'string' && Number.isFinite(value[1]);

/** Checks the pieces of a Unigram model. @throws InvalidTokenizerError */
function checkPieces(vocab: unknown, unknownId: number | null | undefined) {
  if (!Array.isArray(vocab) || vocab.length > TOKENS_MAX || !vocab.every(isPiece))
    throw new InvalidTokenizerError(`its pieces are not at most ${TOKENS_MAX} texts, with a score each`);
  if (!vocab[unknownId ?? -1]) throw new InvalidTokenizerError('none of its pieces stands for unknown text');
  checkLetters(
    'pieces',
    vocab.map(([piece]) => piece),
    PIECE_LENGTH_MAX,
    LETTERS_MAX,
  );
  return { pieces: vocab, unknownId: unknownId! };
}
