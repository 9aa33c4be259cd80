import { z } from 'zod';
import { linearPattern } from './linear-pattern.ts';
import { InvalidTokenizerError } from './tokenizer-errors.ts';

/**
 * Checks the steps of a `tokenizer.json`, which change and cut a text before its words become tokens, or change tokens before
 * they become a text. The checks refuse a file unless all steps together take bounded time for each character.
 */

const STEPS_MAX = 32;
const DEPTH_MAX = 4;
const TEMPLATE_MAX = 64;
/** The steps of one part, e.g. the normalizer, may lengthen a text by at most this factor, Unicode normalisation not counted. */
const GROWTH_MAX = 8;
/**
 * Maximum work for each character of a text. The unit is one step of a regular expression (some 2.5 ns). For the longest text,
 * 64 KiB, the maximum is a third of a second.
 */
const WORK_MAX = 2000;
/**
 * Work of a step for each character: `text` if it reads the text in one go, `character` if it calls a function for each
 * character, `words` if it makes words, `byteLevel` if it is a `ByteLevel` step.
 */
const WORK = { text: 12, character: 160, words: 200, byteLevel: 320 };

const short = z.string().max(64).nullish();
const template = z.array(z.unknown()).max(TEMPLATE_MAX).nullish();
const steps = z.array(z.unknown()).max(STEPS_MAX).optional();

/** A step of a normalizer, pre_tokenizer, post_processor or decoder, with the fields that could cost much time or memory. */
const stepSchema = z.looseObject({
  type: z.string().max(64),
  /** The steps of a `Sequence`. */
  normalizers: steps,
  pretokenizers: steps,
  processors: steps,
  decoders: steps,
  pattern: z.object({ String: z.string().max(256).optional(), Regex: z.string().optional() }).nullish(),
  behavior: short,
  content: short,
  prepend: short,
  replacement: short,
  str_rep: short,
  suffix: short,
  word_delimiter_token: short,
  length: z.int().min(1).optional(),
  start: z.int().min(0).max(64).optional(),
  stop: z.int().min(0).max(64).optional(),
  single: template,
  pair: template,
});
type Step = z.output<typeof stepSchema>;

type Part = 'normalizer' | 'pre_tokenizer' | 'post_processor' | 'decoder';

/** The steps of a tokenizer's parts. Steps in a `Sequence` are listed in its place. */
export type Steps = Readonly<Record<Part, readonly Step[]>>;

/**
 * Reads the steps of a tokenizer, and refuses unknown steps, and regular expressions, templates and amounts of work with which a
 * text could take too long.
 * @throws InvalidTokenizerError
 */
export function checkSteps(file: Readonly<Partial<Record<Part, unknown>>>): Steps {
  const of = (part: Part) => stepsOf(part, file[part]);
  const [normalizer, preTokenizer, decoder] = [of('normalizer'), of('pre_tokenizer'), of('decoder')];
  for (const own of [...normalizer, ...preTokenizer, ...decoder]) checkPattern(own);
  const before = workOf('normalizer', normalizer) + workOf('pre_tokenizer', preTokenizer);
  for (const work of [before, workOf('decoder', decoder)])
    if (work > WORK_MAX)
      throw new InvalidTokenizerError(
        `its steps take ${Math.round(work)} units of work for each character, at most ${WORK_MAX} are allowed`,
      );
  const postProcessor = of('post_processor');
  for (const { single, pair } of postProcessor) for (const own of [single, pair]) checkTemplate(own ?? []);
  return { normalizer, pre_tokenizer: preTokenizer, post_processor: postProcessor, decoder };
}

/** @throws InvalidTokenizerError */
function stepsOf(part: Part, value: unknown, depth = 0): Step[] {
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

/** References to the match in a replacement text, e.g. `$&`. They could copy the whole text many times. */
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

/** Checks that a template contains each text only once: a second time would lengthen the result. @throws InvalidTokenizerError */
function checkTemplate(items: readonly unknown[]): void {
  const texts = items.flatMap((item) => (item as { Sequence?: { id?: unknown } } | null)?.Sequence?.id ?? []);
  if (new Set(texts).size < texts.length)
    throw new InvalidTokenizerError('its post_processor has a template with the same text twice');
}

/** Steps that normalise a text to a Unicode compatibility form. */
const COMPATIBLE = ['NFKC', 'NFKD', 'Precompiled'];
/** The most characters that such a step makes of each byte: it turns one character of three bytes into up to 18. */
const COMPATIBLE_GROWTH = 6;

/**
 * Returns an upper bound of the work of a part's steps for each character of a text.
 * @throws InvalidTokenizerError if the text may become too long
 */
function workOf(part: Part, all: readonly Step[]): number {
  let growth = 1;
  let unfolded = 1;
  let work = 0;
  for (const step of all) {
    work += growth * unfolded * ownWork(part, step);
    growth *= growthOf(part, step);
    if (COMPATIBLE.includes(step.type)) unfolded = COMPATIBLE_GROWTH;
  }
  if (growth > GROWTH_MAX)
    throw new InvalidTokenizerError(
      `its ${part} may make a text ${growth} times as long, at most ${GROWTH_MAX} times are allowed`,
    );
  return work;
}

function ownWork(part: Part, { type, pattern }: Step): number {
  const search = pattern?.Regex === undefined ? 0 : linearPattern(pattern.Regex)!.work;
  if (type === 'ByteLevel') return WORK.byteLevel;
  if (type === 'BertNormalizer') return WORK.character;
  return search + (part === 'pre_tokenizer' ? WORK.words : WORK.text);
}

/** Returns the factor by which a step may lengthen a text, Unicode normalisation not counted. */
function growthOf(part: Part, step: Step): number {
  const { type, pattern, content, prepend, replacement, str_rep, suffix, word_delimiter_token } = step;
  if (type === 'Replace') {
    const added = content?.length ?? 0;
    const empty = pattern?.Regex === undefined ? !pattern?.String : linearPattern(pattern.Regex)!.empty;
    if (empty) return added + 1;
    return Math.max(1, added / (pattern?.String?.length ?? 1));
  }
  if (part === 'decoder') {
    // These decoders put a space before each token, or replace a sign by a space. An empty sign is found at every place.
    const signs = {
      WordPiece: '',
      BPEDecoder: suffix,
      CTC: word_delimiter_token,
      Metaspace: replacement ?? 'any',
    };
    return Object.hasOwn(signs, type) && !signs[type as keyof typeof signs] ? 2 : 1;
  }
  if (type === 'Prepend') return 1 + (prepend?.length ?? 0);
  if (type === 'Metaspace') return 1 + Math.max(replacement?.length ?? 1, str_rep?.length ?? 1);
  // A step that removes its matches still makes words of the capture groups in them.
  if (type === 'Split' && step.behavior?.toLowerCase() === 'removed')
    return 1 + (pattern?.Regex?.match(/\((?!\?)/g)?.length ?? 0);
  // ByteLevel makes at most three characters of a UTF-16 unit, one for each byte. BertNormalizer puts a space before and after
  // each Chinese character.
  return type === 'ByteLevel' || type === 'BertNormalizer' ? 3 : 1;
}
