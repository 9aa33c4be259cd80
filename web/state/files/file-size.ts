/** A file is larger than any valid file of its kind. */
class FileTooLargeError extends Error {
  override name = 'FileTooLargeError';
  constructor(file: File, mostBytes: number) {
    const megabytes = (bytes: number) => Math.ceil(bytes / 1e6).toLocaleString('en');
    super(
      `${file.name} has ${megabytes(file.size)} MB; this page reads at most ${megabytes(mostBytes)} MB. ` +
        'Check that it is the right file.',
    );
  }
}

/** Rejects a file larger than `mostBytes`, before it is read into memory. @throws FileTooLargeError */
export function checkSize(file: File, mostBytes: number): void {
  if (file.size > mostBytes) throw new FileTooLargeError(file, mostBytes);
}

/** A document has at most this many bytes: no profile is larger, and reading a larger file would freeze the page. */
export const DOCUMENT_BYTES_MAX = 64_000_000;

/** Size limit for a file of a pipeline, in bytes: a worker has too little memory to load a larger model. */
const BYTES_MAX = 1e9;

/** The bytes of a file of a pipeline: a model, a file that belongs to it, a pack, or a TAR archive. @throws FileTooLargeError */
export async function bytesOf(file: File): Promise<Uint8Array<ArrayBuffer>> {
  checkSize(file, BYTES_MAX);
  return new Uint8Array(await file.arrayBuffer());
}
