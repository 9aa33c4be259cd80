import { z } from 'zod';
import { parseJson } from '../../solver/documents/document.ts';
import { linearPattern } from './linear-pattern.ts';
import { InvalidTokenizerError } from './tokenizer-errors.ts';

/**
 * Checks of a `tokenizer.json` before the library reads it. A tokenizer comes with a model from anywhere, and the library believes
 * what it says: some would never return, or fill the memory.
 */

/** Twice the size of the largest known tokenizer's file. */
const FILE_BYTES_MAX = 64 * 2 ** 20;
const TOKENS_MAX = 1_000_000;
const MERGES_MAX = 2_000_000;
/** Tokens that stand apart from the rest of a text, and the longest of them. */
const ADDED_MAX = 20_000;
const ADDED_LENGTH_MAX = 256;
/** WordPiece's time grows with the square of the longest word. */
const WORD_LENGTH_MAX = 100;
/** A Unigram tokenizer tries all pieces that begin at a place of a text; its time grows with the square of their number. */
const PIECES_AT_A_PLACE_MAX = 16;
/** Letters of a piece, and of all pieces, of which a Unigram tokenizer makes a tree. */
const PIECE_LENGTH_MAX = 128;
const PIECE_LETTERS_MAX = 4_000_000;

const STEPS_MAX = 32;
const DEPTH_MAX = 4;
const TEMPLATE_MAX = 64;
/** A text may become so many times as long before it is cut into tokens. */
const GROWTH_MAX = 32;

const short = z.string().max(64).nullish();
const template = z.array(z.unknown()).max(TEMPLATE_MAX).nullish();
const steps = z.array(z.unknown()).max(STEPS_MAX).optional();

/** A step of a normalizer, pre_tokenizer, post_processor or decoder, with the fields that could do harm. */
const stepSchema = z.looseObject({
  type: z.string().max(64),
  /** The steps of a `Sequence`. */
  normalizers: steps,
  pretokenizers: steps,
  processors: steps,
  decoders: steps,
  pattern: z.object({ String: z.string().max(256).optional(), Regex: z.string().optional() }).nullish(),
  content: short,
  prepend: short,
  replacement: short,
  str_rep: short,
  suffix: short,
  length: z.int().min(1).optional(),
  start: z.int().min(0).max(64).optional(),
  stop: z.int().min(0).max(64).optional(),
  single: template,
  pair: template,
});
type Step = z.output<typeof stepSchema>;

const isId = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
const id = z.custom<number>(isId, 'expected the number of a token');

const fileSchema = z.looseObject({
  model: z.looseObject({
    type: z.string().max(64).nullish(),
    unk_token: short,
    unk_id: id.nullish(),
    continuing_subword_prefix: short,
    end_of_word_suffix: short,
    byte_fallback: z.boolean().nullish(),
    max_input_chars_per_word: z.int().min(1).max(WORD_LENGTH_MAX).optional(),
    vocab: z.union([z.array(z.unknown()), z.custom<object>((value) => typeof value === 'object' && !!value)]),
    merges: z.array(z.unknown()).max(MERGES_MAX).nullish(),
  }),
  added_tokens: z.array(z.looseObject({ id, content: z.string().max(ADDED_LENGTH_MAX) })).max(ADDED_MAX),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
  post_processor: z.unknown(),
  decoder: z.unknown(),
});

/** A `tokenizer.json` that is safe to use. */
export interface CheckedTokenizer {
  readonly file: z.output<typeof fileSchema>;
  /** The steps that cut a text, without `Sequence`s around them. */
  readonly preTokenizers: readonly Step[];
}

/**
 * Reads a `tokenizer.json`, if it is sure to cut any text in a time that grows linearly with the text, and in bounded memory.
 * @throws InvalidDocumentError, InvalidTokenizerError
 */
export function checkTokenizer(bytes: Uint8Array): CheckedTokenizer {
  if (bytes.length > FILE_BYTES_MAX)
    throw new InvalidTokenizerError(
      `tokenizer.json has ${bytes.length} bytes, at most ${FILE_BYTES_MAX} are read`,
    );
  const file = parseJson(fileSchema, new TextDecoder().decode(bytes), 'tokenizer.json');
  const normalizers = stepsOf('normalizer', file.normalizer);
  const preTokenizers = stepsOf('pre_tokenizer', file.pre_tokenizer);
  for (const own of [normalizers, preTokenizers, stepsOf('decoder', file.decoder)]) own.forEach(checkPattern);
  stepsOf('post_processor', file.post_processor);
  const growth = [...normalizers, ...preTokenizers].reduce((product, own) => product * growthOf(own), 1);
  if (growth > GROWTH_MAX)
    throw new InvalidTokenizerError(
      `it may make a text ${growth} times as long, at most ${GROWTH_MAX} times are allowed`,
    );
  checkModel(file.model);
  return { file, preTokenizers };
}

/** The steps of a part of the tokenizer, without `Sequence`s around them. @throws InvalidTokenizerError */
function stepsOf(part: string, value: unknown, depth = 0): Step[] {
  if (value === null || value === undefined) return [];
  const { data, error } = stepSchema.safeParse(value);
  if (error) {
    const [{ path, message }] = error.issues as [z.core.$ZodIssue];
    throw new InvalidTokenizerError(`its ${part} has a wrong ${path.join('.') || 'step'} (${message})`);
  }
  if (depth > DEPTH_MAX) throw new InvalidTokenizerError(`the steps of its ${part} are nested too deeply`);
  const inner = [data.normalizers, data.pretokenizers, data.processors, data.decoders].flatMap(
    (own) => own ?? [],
  );
  const all = [...(inner.length > 0 ? [] : [data]), ...inner.flatMap((own) => stepsOf(part, own, depth + 1))];
  if (all.length > STEPS_MAX)
    throw new InvalidTokenizerError(`its ${part} has ${all.length} steps, at most ${STEPS_MAX} are allowed`);
  return all;
}

/** References to what was found, in a text that replaces it: they could copy the whole text many times. */
const REFERENCE = /\$[$&`'<\d]/;

/** @throws InvalidTokenizerError */
function checkPattern({ type, pattern, content }: Step): void {
  if (pattern?.Regex !== undefined && !linearPattern(pattern.Regex))
    throw new InvalidTokenizerError(
      `the regular expression ${JSON.stringify(pattern.Regex.slice(0, 100))} of a step ${type.slice(0, 40)} is not known to ` +
        'take a time that grows linearly with the text',
    );
  if (content && (REFERENCE.test(content) || lettersGrow(content)))
    throw new InvalidTokenizerError(
      `a step ${type.slice(0, 40)} inserts ${JSON.stringify(content)}, which may grow`,
    );
}

const lettersGrow = (text: string): boolean => text.normalize('NFKD').toLowerCase().length > text.length;

/** How many times as long a step may make a text, apart from Unicode's normalisation. */
function growthOf({ type, pattern, content, prepend, replacement, str_rep }: Step): number {
  if (type === 'Replace') {
    const added = content?.length ?? 0;
    const empty = pattern?.Regex === undefined ? !pattern?.String : linearPattern(pattern.Regex)!.empty;
    if (empty) return added + 1;
    return Math.max(1, added / (pattern?.String?.length ?? 1));
  }
  if (type === 'Prepend') return 1 + (prepend?.length ?? 0);
  if (type === 'Metaspace') return 1 + Math.max(replacement?.length ?? 1, str_rep?.length ?? 1);
  // A character of UTF-16 is at most three bytes; Chinese characters get spaces around them.
  return type === 'ByteLevel' || type === 'BertNormalizer' ? 3 : 1;
}

/** @throws InvalidTokenizerError */
function checkModel({ type, vocab, merges, ...model }: CheckedTokenizer['file']['model']): void {
  const wrong = (problem: string) => new InvalidTokenizerError(problem);
  if (Array.isArray(vocab)) checkPieces(vocab, model.unk_id);
  else {
    const ids = Object.values(vocab);
    if (ids.length > TOKENS_MAX)
      throw wrong(`it has ${ids.length} tokens, at most ${TOKENS_MAX} are allowed`);
    if (!ids.every(isId)) throw wrong('its vocabulary has a token whose number is none');
  }
  if (type === 'WordPiece') {
    const { continuing_subword_prefix: prefix, unk_token: unknown } = model;
    if (typeof prefix !== 'string' || !unknown || !Object.hasOwn(vocab, unknown))
      throw wrong('its WordPiece model lacks the prefix of continued words, or a token for unknown ones');
  }
  const isToken = (token: unknown) => typeof token === 'string';
  if (
    merges?.some(
      (pair) => !isToken(pair) && !(Array.isArray(pair) && pair.length === 2 && pair.every(isToken)),
    )
  )
    throw wrong('its merges are not pairs of tokens');
}

const isPiece = (value: unknown): value is readonly [string, number] =>
  Array.isArray(value) &&
  typeof value[0] === 'string' &&
  value[0].length <= PIECE_LENGTH_MAX &&
  typeof value[1] === 'number';

/** Checks the pieces of a Unigram model. @throws InvalidTokenizerError */
function checkPieces(pairs: readonly unknown[], unknownId: number | null | undefined): void {
  if (pairs.length > TOKENS_MAX || !pairs.every(isPiece))
    throw new InvalidTokenizerError(
      `its pieces are not at most ${TOKENS_MAX} texts of at most ${PIECE_LENGTH_MAX} letters, with a score each`,
    );
  if (!pairs[unknownId ?? -1]) throw new InvalidTokenizerError('none of its pieces stands for unknown text');
  const pieces = new Set(pairs.map(([piece]) => piece));
  const letters = pairs.reduce((sum, [piece]) => sum + piece.length, 0);
  if (letters > PIECE_LETTERS_MAX)
    throw new InvalidTokenizerError(
      `its pieces have ${letters} letters, at most ${PIECE_LETTERS_MAX} are allowed`,
    );
  for (const piece of pieces) {
    if (piece.length <= PIECES_AT_A_PLACE_MAX) continue;
    let begun = 1;
    for (let end = 1; end < piece.length; end++) if (pieces.has(piece.slice(0, end))) begun++;
    if (begun > PIECES_AT_A_PLACE_MAX)
      throw new InvalidTokenizerError(
        `${begun} of its pieces begin in the same way, at most ${PIECES_AT_A_PLACE_MAX} may do so`,
      );
  }
}
