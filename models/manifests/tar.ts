/** Tar archives (POSIX ustar) of files that lie in one folder, to carry a pipeline as one file. */

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The bytes are no tar archive of plain files. */
export class InvalidTarError extends Error {
  override name = 'InvalidTarError';
  constructor(archive: string, problem: string) {
    super(`${archive} is not a tar archive of a pipeline: ${problem}. Save it again, or choose its files.`);
  }
}

const BLOCK = 512;
/** Where a header's fields are, and their lengths in bytes. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  owner: [108, 8],
  group: [116, 8],
  size: [124, 12],
  time: [136, 12],
  sum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  folder: [345, 155],
} as const;
type Field = keyof typeof FIELDS;

const octal = (value: number, [, length]: readonly [number, number]): string =>
  `${value.toString(8).padStart(length - 1, '0')}\0`;

function header(folder: string, { name, bytes }: NamedFile): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const put = (field: Field, text: string) => block.set(new TextEncoder().encode(text), FIELDS[field][0]);
  put('name', name);
  put('mode', octal(0o644, FIELDS.mode));
  for (const field of ['owner', 'group', 'time'] as const) put(field, octal(0, FIELDS[field]));
  put('size', octal(bytes.length, FIELDS.size));
  put('type', '0');
  put('magic', 'ustar\x0000');
  put('folder', folder);
  put('sum', `${octal(sumOf(block), [0, 7])} `);
  return block;
}

/** Of a header's bytes, those of the sum itself taken as spaces. */
function sumOf(block: Uint8Array): number {
  const [from, length] = FIELDS.sum;
  return block.reduce((sum, byte, i) => sum + (i >= from && i < from + length ? 0x20 : byte), 0);
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

/**
 * The same files give the same bytes.
 * @param folder that they are in, of at most 155 ASCII letters; names have at most 100
 * @returns parts, one after the other
 */
export const tar = (folder: string, files: readonly NamedFile[]): Uint8Array<ArrayBuffer>[] => [
  ...files.flatMap((file) => [header(folder, file), file.bytes, new Uint8Array(padding(file.bytes.length))]),
  new Uint8Array(2 * BLOCK),
];

/** The plain files of an archive, without their folders. @throws InvalidTarError */
export function untar(bytes: Uint8Array<ArrayBuffer>, archive: string): NamedFile[] {
  const files: NamedFile[] = [];
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) return files;
    const text = (field: Field) => {
      const [from, length] = FIELDS[field];
      return new TextDecoder().decode(block.subarray(from, from + length)).replace(/\0.*$/s, '');
    };
    const number = (field: Field) => Number.parseInt(text(field).trim(), 8);
    if (number('sum') !== sumOf(block)) throw new InvalidTarError(archive, `no header at byte ${at}`);
    const size = number('size');
    const start = at + BLOCK;
    if (!(size >= 0 && start + size <= bytes.length)) throw new InvalidTarError(archive, 'it is cut off');
    // Folders and links among them are of no use here.
    if (['0', ''].includes(text('type')))
      files.push({ name: text('name').replace(/^.*\//, ''), bytes: bytes.slice(start, start + size) });
    at = start + size + padding(size);
  }
  throw new InvalidTarError(archive, 'its end is missing');
}
