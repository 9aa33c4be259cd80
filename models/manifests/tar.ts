/** Writes and reads tar archives (POSIX ustar) of one folder, so that a pipeline can be moved as one file. */

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class InvalidTarError extends Error {
  override name = 'InvalidTarError';
  constructor(archive: string, problem: string) {
    super(
      `${archive} is not a tar archive of a pipeline: ${problem}. Save the archive again, or choose the files themselves.`,
    );
  }
}

const BLOCK = 512;
/** Offset and length of each field of a header, in bytes. */
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

/** Checksum of a header: the sum of its bytes, where the checksum's own bytes count as spaces. */
function sumOf(block: Uint8Array): number {
  const [from, length] = FIELDS.sum;
  return block.reduce((sum, byte, i) => sum + (i >= from && i < from + length ? 0x20 : byte), 0);
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

/**
 * Packs files into an archive. The same files always give the same bytes, because no times or owners are written.
 * @param folder name of the folder in the archive, at most 155 ASCII characters; file names have at most 100
 * @returns the parts of the archive, in order
 */
export const tar = (folder: string, files: readonly NamedFile[]): Uint8Array<ArrayBuffer>[] => [
  ...files.flatMap((file) => [header(folder, file), file.bytes, new Uint8Array(padding(file.bytes.length))]),
  new Uint8Array(2 * BLOCK),
];

/** Returns the plain files of an archive; names lose their folder paths. @throws InvalidTarError */
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
    if (number('sum') !== sumOf(block))
      throw new InvalidTarError(archive, `byte ${at} does not begin a file's header`);
    const size = number('size');
    const start = at + BLOCK;
    if (!(size >= 0 && start + size <= bytes.length))
      throw new InvalidTarError(archive, 'the file is cut off');
    // Skip entries other than plain files, i.e. folders and links.
    if (['0', ''].includes(text('type')))
      files.push({ name: text('name').replace(/^.*\//, ''), bytes: bytes.slice(start, start + size) });
    at = start + size + padding(size);
  }
  throw new InvalidTarError(archive, 'the end of the archive is missing');
}
