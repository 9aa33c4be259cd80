import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { ChecksumError } from '../../models/manifests/load.ts';
import { StoreFullError } from '../store/store.ts';
import type { HubClient } from './client.ts';
import { TooManyBytesError, UnexpectedAnswerError } from './errors.ts';

/** A file whose content is known before it is read. */
export interface KnownFile {
  readonly url: string;
  readonly sha256: string;
  /** Its size, or an upper bound where the size is not known. */
  readonly mostBytes: number;
}

export interface DownloadProgress {
  readonly url: string;
  /** Bytes of the file that are here, also from earlier downloads that were cut. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Bytes that this download has moved. */
  readonly movedBytes: number;
}

/**
 * Downloads a file to `part`, from where an earlier download stopped, and checks its sum. After a failure or a stop, `part` keeps
 * what has arrived; content with a wrong sum is removed.
 * @throws ChecksumError, TooManyBytesError, StoreFullError, and what {@link HubClient.get} throws
 */
export async function download(
  client: HubClient,
  file: KnownFile,
  part: string,
  onProgress: (progress: DownloadProgress) => void,
): Promise<void> {
  const handle = await open(part, 'a+');
  try {
    const target = await Part.open(handle, file);
    const resumed = target.bytes > 0;
    if (target.sha256() !== file.sha256)
      await client.persist(
        () => fill(client, file, target, onProgress),
        () => target.received,
      );
    if (target.sha256() !== file.sha256 && resumed) {
      // The part may be of another content: a download from the first byte decides.
      await target.empty();
      await client.persist(
        () => fill(client, file, target, onProgress),
        () => target.received,
      );
    }
    const found = target.sha256();
    if (found !== file.sha256) {
      await rm(part, { force: true });
      throw new ChecksumError(file.url, file.sha256, found);
    }
    await handle.sync();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw new StoreFullError(file.url, { cause: error });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Appends to a part what it lacks. */
async function fill(
  client: HubClient,
  { url, mostBytes }: KnownFile,
  part: Part,
  onProgress: (progress: DownloadProgress) => void,
): Promise<void> {
  let answer = await client.get(url, part.bytes);
  if (answer.status === 416) {
    // The part is longer than the file.
    await answer.body.dump().catch(() => {});
    await part.empty();
    answer = await client.get(url);
  }
  const { status, headers, body } = answer;
  if (status === 200) await part.empty();
  else if (!String(headers['content-range']).startsWith(`bytes ${part.bytes}-`)) {
    body.destroy();
    throw new UnexpectedAnswerError(url, 'another part of the file than was asked for');
  }
  const length = Number(headers['content-length'] ?? Number.NaN);
  const totalBytes = Number.isFinite(length) ? part.bytes + length : mostBytes;
  if (totalBytes > mostBytes) {
    body.destroy();
    throw new TooManyBytesError(url, mostBytes);
  }
  for await (const chunk of client.chunks(url, body)) {
    if (part.bytes + chunk.length > mostBytes) throw new TooManyBytesError(url, mostBytes);
    await part.append(chunk);
    onProgress({ url, doneBytes: part.bytes, totalBytes, movedBytes: part.received });
  }
}

/** The file that a download is written to, with the sum of what it holds. */
class Part {
  /** Bytes that the file holds. */
  bytes = 0;
  /** Bytes that were appended since the file was opened. */
  received = 0;
  #hash = createHash('sha256');

  private constructor(private readonly handle: FileHandle) {}

  static async open(handle: FileHandle, { mostBytes }: KnownFile): Promise<Part> {
    const part = new Part(handle);
    const { size } = await handle.stat();
    if (size > mostBytes) await handle.truncate();
    else if (size > 0)
      for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) part.#count(chunk);
    return part;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.handle.appendFile(chunk);
    this.received += chunk.length;
    this.#count(chunk);
  }

  async empty(): Promise<void> {
    await this.handle.truncate();
    this.bytes = 0;
    this.#hash = createHash('sha256');
  }

  sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  #count(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.#hash.update(chunk);
  }
}
