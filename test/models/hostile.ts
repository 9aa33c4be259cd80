import fc from 'fast-check';
import { InputError } from '../../solver/documents/coded-error.ts';

/** Hostile files: valid JSON that is changed at random. */

export const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
/** Values that a reader may not expect, as JSON. */
const VALUES: readonly string[] = [
  ...['null', 'true', '0', '-1', '0.5', '1e999', '-1e308', '5e-324', '2147483648', '9007199254740993'],
  ...[
    '""',
    '"x"',
    '" "',
    '"$&"',
    '"__proto__"',
    '"\\u0000"',
    '"\\ud800"',
    '"\\ufdfa"',
    '"(a+)+$"',
    '"../../x"',
  ],
  ...[
    '[]',
    '{}',
    '[[]]',
    '[null]',
    '[0,"a"]',
    '{"__proto__":{"x":1}}',
    '{"constructor":1}',
    '{"Regex":"(x+x+)+y"}',
  ],
  ...['a', '\ufdfa', ' '].map((letter) => JSON.stringify(letter.repeat(5000))),
  JSON.stringify(Array(20_000).fill(0)),
  JSON.stringify(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i]))),
  nested('[', ']', 40),
  nested('[', ']', 50_000),
  `${'{"a":'.repeat(20_000)}0${'}'.repeat(20_000)}`,
];
const KEYS = ['__proto__', 'constructor', 'toString', 'length', '0', '', 'type', 'a'.repeat(300)];

interface Edit {
  /** The path of the changed value: at each level the index of a key, modulo the number of keys. */
  readonly turns: readonly number[];
  readonly how: 'replace' | 'repeat' | 'remove' | 'rename';
  readonly value: string;
  readonly key: string;
}

/** Marks the place of a JSON text in a document, because no value of JavaScript becomes some of these texts, such as `1e999`. */
const MARK = '\u0007';

/** Changes one place of a document. A mark stands for the new value or key, which {@link withTexts} puts in later. */
function edit(root: unknown, { turns, how }: Edit, mark: string): unknown {
  const all = { root };
  let holder: Record<string, unknown> = all;
  let key = 'root';
  for (const turn of turns) {
    const value = holder[key];
    if (typeof value !== 'object' || value === null) break;
    const keys = Object.keys(value);
    if (keys.length === 0) break;
    holder = value as Record<string, unknown>;
    key = keys[turn % keys.length]!;
  }
  if (how === 'replace' || holder === all || Array.isArray(holder)) holder[key] = mark;
  else if (how === 'repeat') holder[`${mark}${key}`] = mark;
  else {
    if (how === 'rename') holder[mark] = holder[key];
    delete holder[key];
  }
  return all.root;
}

/** Puts texts of JSON in the places of marks: as values, as keys, or as a value whose key is there already. */
const withTexts = (json: string, edits: readonly Edit[]): string =>
  edits.reduce((text, { value, key }, i) => {
    const mark = JSON.stringify(`${MARK}${i}${MARK}`).slice(1, -1);
    return text
      .replaceAll(`"${mark}":`, () => `${JSON.stringify(key)}:`)
      .replaceAll(`"${mark}"`, () => value)
      .replaceAll(mark, '');
  }, json);

const anyEdit: fc.Arbitrary<Edit> = fc.record({
  turns: fc.array(fc.nat(9999), { minLength: 1, maxLength: 6 }),
  how: fc.constantFrom('replace', 'replace', 'replace', 'repeat', 'remove', 'rename'),
  value: fc.constantFrom(...VALUES),
  key: fc.constantFrom(...KEYS),
});

/** Gives some bytes other values, and cuts some files off. */
const damaged = (bytes: fc.Arbitrary<Uint8Array<ArrayBuffer>>): fc.Arbitrary<Uint8Array<ArrayBuffer>> =>
  fc
    .tuple(
      bytes,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
      fc.double({ min: 0, max: 2, noNaN: true }),
    )
    .map(([file, flips, share]) => {
      const changed = file.slice(0, Math.ceil(file.length * share));
      for (const [at, value] of flips) if (changed.length > 0) changed[at % changed.length] = value;
      return changed;
    });

/** Files that come from a valid document by changed, doubled, missing and renamed values, and by damage to their bytes. */
function hostileJson(valid: unknown): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const edited = fc.array(anyEdit, { minLength: 1, maxLength: 4 }).map((edits) => {
    const marked = edits.reduce(
      (root, one, i) => edit(root, one, `${MARK}${i}${MARK}`),
      structuredClone(valid),
    );
    return new TextEncoder().encode(withTexts(JSON.stringify(marked), edits));
  });
  return fc.oneof(
    { weight: 4, arbitrary: edited },
    { weight: 1, arbitrary: damaged(edited) },
    { weight: 1, arbitrary: damaged(fc.constant(bytesOf(valid))) },
  );
}

/** A kind of file, and what reads it. */
export interface HostileCase {
  readonly files: readonly unknown[];
  read(bytes: Uint8Array<ArrayBuffer>, valid: unknown): unknown;
}

/** Whether a hostile file was read. Where it was refused, the error must name what is wrong. @throws every other error */
export async function isRead(
  { read }: HostileCase,
  bytes: Uint8Array<ArrayBuffer>,
  valid: unknown,
): Promise<boolean> {
  try {
    await read(bytes, valid);
    return true;
  } catch (error) {
    if (error instanceof InputError && error.message.length < 20_000) return false;
    throw error;
  }
}

/** The files of a case after changes, each with the valid one. A failure prints how the file begins. */
export const hostileFiles = ({ files }: HostileCase) =>
  fc.constantFrom(...files).chain((valid) =>
    hostileJson(valid).map((bytes) => ({
      bytes,
      valid,
      [fc.toStringMethod]: () => new TextDecoder().decode(bytes.subarray(0, 2000)),
    })),
  );
