import { ChecksumError } from '../../models/manifests/load.ts';
import { TooManyBytesError, UnexpectedAnswerError } from './errors.ts';

/** Continues a download where an earlier one stopped. Callers supply the access to the host and the storage of the bytes. */

/** A file to download, with the checksum that its content must have. */
export interface KnownFile {
  readonly url: string;
  readonly sha256: string;
  /** Size of the file in bytes, or an upper bound if the size is not known. */
  readonly mostBytes: number;
}

export interface DownloadProgress {
  readonly url: string;
  /** Bytes of the file that are stored so far, also by earlier downloads that were interrupted. */
  readonly doneBytes: number;
  /** Size of the file; {@link KnownFile.mostBytes} if the host does not state it. */
  readonly totalBytes: number;
  /** Bytes that this download has received, without those of earlier downloads. */
  readonly movedBytes: number;
}

/** The stored part of a file: its first bytes. */
export interface PartialFile {
  /** Number of stored bytes. */
  readonly bytes: number;
  append(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  empty(): Promise<void>;
  /** SHA-256 of the bytes, in lower-case hex. */
  sha256(): Promise<string>;
}

/** A host's answer to a request for a file from some byte on. */
export interface RestOfFile {
  /** 200 (the whole file), 206 (the rest), or 416 (there is no rest). */
  readonly status: number;
  /** The header `Content-Range`, which says where the chunks begin in the file; null if it cannot be read. */
  readonly contentRange: string | null;
  readonly contentLength: number | null;
  /** If the connection is cut, the iteration rejects with an error that {@link Host.isCut} recognises. */
  readonly chunks: AsyncIterable<Uint8Array<ArrayBuffer>>;
  cancel(): Promise<unknown>;
}

/** Access to the host from which files are read. */
export interface Host {
  get(url: string, from: number): Promise<RestOfFile>;
  /** Whether an error means that the connection failed or was cut, so that a new connection may succeed. */
  isCut(error: unknown): boolean;
  /** Waits before the next connection. @throws the reason if the caller stops the download */
  pause(seconds: number): Promise<void>;
}

/** Waiting times after consecutive failures; one more failure is final. */
const BACK_OFF_S = [0.5, 2, 5];

/**
 * Repeats a task whose connection fails. Progress since the last failure resets the count of failures.
 * @param progress returns a number that grows as the task progresses
 */
export async function persist<T>(
  { isCut, pause }: Pick<Host, 'isCut' | 'pause'>,
  task: () => Promise<T>,
  progress: () => number = () => 0,
): Promise<T> {
  let before = progress();
  for (let failures = 0; ; ) {
    try {
      return await task();
    } catch (error) {
      if (!isCut(error)) throw error;
      if (progress() > before) failures = 0;
      before = progress();
      const seconds = BACK_OFF_S[failures++];
      if (seconds === undefined) throw error;
      await pause(seconds);
    }
  }
}

/**
 * Downloads the missing rest of a file, and checks the file's hash. After a failure or a stop, the part keeps the bytes that have
 * arrived; content with a wrong hash is removed.
 * @throws ChecksumError, TooManyBytesError, UnexpectedAnswerError, and the errors of `host` and `part`
 */
export async function resume(
  host: Host,
  file: KnownFile,
  part: PartialFile,
  onProgress: (progress: DownloadProgress) => void,
): Promise<void> {
  if (part.bytes > file.mostBytes) await part.empty();
  const resumed = part.bytes > 0;
  let movedBytes = 0;
  const fill = () => {
    let reachedBytes = part.bytes;
    return persist(
      host,
      () =>
        fillOnce(host, file, part, (bytes, totalBytes) => {
          movedBytes += bytes;
          reachedBytes = Math.max(reachedBytes, part.bytes);
          onProgress({ url: file.url, doneBytes: part.bytes, totalBytes, movedBytes });
        }),
      // A host that always sends a file from its start may cut each connection at the same byte: what moves then is no progress.
      () => reachedBytes,
    );
  };
  const isWhole = async () => (await part.sha256()) === file.sha256;
  if (part.bytes < file.mostBytes) await fill();
  if (await isWhole()) return;
  if (resumed) {
    // The stored part may come from another file, so the whole file is downloaded once before a wrong hash is reported.
    await part.empty();
    await fill();
    if (await isWhole()) return;
  }
  const found = await part.sha256();
  await part.empty();
  throw new ChecksumError(file.url, file.sha256, found);
}

/**
 * Appends to a part the missing bytes that one connection delivers.
 * @param onBytes called after each chunk with the chunk's number of bytes, and with the file's size (`mostBytes` if the host does
 * not state it)
 */
async function fillOnce(
  host: Host,
  { url, sha256, mostBytes }: KnownFile,
  part: PartialFile,
  onBytes: (bytes: number, totalBytes: number) => void,
): Promise<void> {
  let answer = await host.get(url, part.bytes);
  if (answer.status === 416) {
    // The part has all of the file's bytes, or more.
    await answer.cancel();
    if ((await part.sha256()) === sha256) return;
    await part.empty();
    answer = await host.get(url, 0);
  }
  const { status, contentRange, contentLength, chunks } = answer;
  if (status === 200) {
    if (part.bytes > 0) await part.empty();
  } else if (contentRange !== null && !contentRange.startsWith(`bytes ${part.bytes}-`)) {
    await answer.cancel();
    throw new UnexpectedAnswerError(url, 'another part of the file than was asked for');
  }
  const totalBytes = contentLength === null ? mostBytes : part.bytes + contentLength;
  if (totalBytes > mostBytes) {
    await answer.cancel();
    throw new TooManyBytesError(url, mostBytes);
  }
  for await (const chunk of chunks) {
    if (part.bytes + chunk.length > mostBytes) throw new TooManyBytesError(url, mostBytes);
    await part.append(chunk);
    onBytes(chunk.length, totalBytes);
  }
}
