import type { z } from 'zod';
import { InputError } from './coded-error.ts';

/** The message of an error lists at most this many problems: a document of another kind may have thousands. */
const LISTED = 10;
/** A message quotes at most this many characters of a problem, because a problem may name a thousand unexpected fields. */
const PROBLEM = 300;

/** A text, cut short if it has more characters than `most`. */
export const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 3)}...` : text;

export class InvalidDocumentError extends InputError {
  static override readonly httpStatus = 400;
  override name = 'InvalidDocumentError';
  constructor(
    /** Where the document is from, e.g. a file name or a URL. */
    readonly source: string,
    /** One line per problem: the field's path, what was expected, and what was found. */
    readonly problems: readonly string[],
  ) {
    const listed = problems.slice(0, LISTED).map((problem) => `  ${cut(problem, PROBLEM)}`);
    const more = problems.length - listed.length;
    super([`${source} is not valid:`, ...listed, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n'));
  }
}

/** A document is of another kind, or of a version that this build does not read. */
export class UnsupportedDocumentError extends InputError {
  static override readonly httpStatus = 400;
  override name = 'UnsupportedDocumentError';
  constructor(
    readonly source: string,
    readonly expected: string,
    readonly found: unknown,
  ) {
    const remedy =
      kindOf(found) === kindOf(expected)
        ? 'Make the document again with this version, or use the version that wrote it.'
        : `Give a ${kindOf(expected)}.`;
    super(`${source} has "schema": ${shown(found)}, but ${JSON.stringify(expected)} is read here. ${remedy}`);
  }
}

/** The kind in a schema id, e.g. `plan` in `ipa-edge/plan@1`. */
const kindOf = (schema: unknown): string | undefined =>
  typeof schema === 'string' ? /^ipa-edge\/([a-z]+)@/.exec(schema)?.[1] : undefined;

/**
 * A message quotes at most this many characters of a value and visits at most this many nested values, because a value may be
 * large or deeply nested.
 */
const SHOWN = 60;

/** A value in a message, as JSON, cut short. */
export const shown = (value: unknown): string => {
  if (typeof value === 'number') return String(value);
  if (value === undefined) return 'nothing';
  let values = 0;
  const beginning = (_key: string, inner: unknown) => {
    if (++values > SHOWN) return undefined;
    return Array.isArray(inner) || typeof inner === 'string' ? inner.slice(0, SHOWN + 1) : inner;
  };
  const text = JSON.stringify(value, beginning) ?? String(value);
  return cut(text, SHOWN);
};

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], root);

const pathText = (path: readonly PropertyKey[]): string =>
  path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i ? '.' : ''}${String(key)}`)).join('') ||
  '(root)';

const BOUNDS: Readonly<Record<string, string>> = {
  '<=': 'at most',
  '>=': 'at least',
  '<': 'less than',
  '>': 'more than',
};

/** Zod's message in plain words: `Too big: expected array to have <=32 items` becomes `expected at most 32 items`. */
export const plain = (message: string): string =>
  message
    .replace(/^(Invalid input|Too big|Too small): |, received .*/g, '')
    .replace(/^expected \w+ to (?:have|be) ([<>]=?)/, (_, sign) => `expected ${BOUNDS[sign]} `)
    .replace(/ 1 (item|character)s$/, ' 1 $1');

/** A newer version may add optional fields to a document without another `"schema"`. */
const NEWER =
  'A newer version may have written the unrecognized fields: use that version, or make the document again.';

/**
 * Checks a document against its schema.
 * @param source names the document in errors
 * @param id the `"schema"` that the document must have, e.g. `ipa-edge/plan@1`; absent for documents without one
 * @throws UnsupportedDocumentError if `"schema"` differs
 * @throws InvalidDocumentError with the fields that are wrong; of a long list or record, only the first few
 */
export function parseDocument<T extends z.ZodType>(
  schema: T,
  value: unknown,
  source: string,
  id?: string,
): z.output<T> {
  if (id !== undefined) {
    const found = (value as { schema?: unknown } | null | undefined)?.schema;
    if (found !== id) throw new UnsupportedDocumentError(source, id, found);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const mayBeNewer = id !== undefined && issues.some(({ code }) => code === 'unrecognized_keys');
  throw new InvalidDocumentError(source, [
    ...(mayBeNewer ? [NEWER] : []),
    ...issues.map((issue) => {
      const found = valueAt(value, issue.path);
      return `${pathText(issue.path)}: ${plain(issue.message)}, found ${shown(found)}`;
    }),
  ]);
}

/**
 * Matches the first character of a text in UTF-16, as PowerShell writes it, that was read as UTF-8, after a byte order mark or
 * without one.
 */
const UTF_16 = /^(\uFFFD\uFFFD)?([^\0]\0|\0[^\0])/;

/** Says why a text is no JSON. @param told the message of the parser */
function jsonProblem(text: string, told: string): string {
  if (UTF_16.test(text)) return 'a text in UTF-16: save the file in the encoding UTF-8';
  const at = Number(/at position (\d+)/.exec(told)?.[1] ?? 0);
  if (/end of JSON|Unterminated/.test(told) || at >= text.trimEnd().length)
    return 'a text that ends too early: the file may be cut off';
  // The message quotes the text, and a terminal obeys control characters.
  return `another text (${told.replace(/\p{Cc}/gu, '\ufffd')})`;
}

/** Parses JSON text. @throws InvalidDocumentError if it is not JSON */
export function jsonValue(text: string, source: string): unknown {
  if (typeof text !== 'string')
    throw new InvalidDocumentError(source, [
      `(root): expected the text of a JSON document, found ${shown(text)}`,
    ]);
  try {
    // Node keeps a byte order mark when it reads a file as text.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new InvalidDocumentError(source, [
      `(root): expected JSON, found ${jsonProblem(text, (cause as Error).message)}`,
    ]);
  }
}

/** Parses JSON text, then checks it like {@link parseDocument}. */
export const parseJson = <T extends z.ZodType>(
  schema: T,
  text: string,
  source: string,
  id?: string,
): z.output<T> => parseDocument(schema, jsonValue(text, source), source, id);
