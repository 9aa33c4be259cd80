import { createHash } from 'node:crypto';
import { type FileHandle, open, rm, truncate } from 'node:fs/promises';
import { ChecksumError } from '../../models/manifests/load.ts';
import type { HubClient } from './client.ts';
import { type DownloadProgress, type KnownFile, type PartialFile, resume } from './resume.ts';

/**
 * Downloads a file to `part`, from where an earlier download stopped, and checks its hash. After a failure or a stop, `part`
 * keeps the bytes that have arrived; content with a wrong hash is removed.
 * @throws the errors of the file system, of {@link resume} and of {@link HubClient.get}
 */
export async function download(
  client: HubClient,
  file: KnownFile,
  part: string,
  onProgress: (progress: DownloadProgress) => void,
): Promise<void> {
  const handle = await open(part, 'a+');
  try {
    await resume(client.host, file, await PartOnDisk.open(part, handle, file), onProgress);
    await handle.sync();
  } catch (error) {
    if (error instanceof ChecksumError) await rm(part, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** The partial file of a download, with the running hash of its bytes. */
class PartOnDisk implements PartialFile {
  bytes = 0;
  #hash = createHash('sha256');

  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  static async open(path: string, handle: FileHandle, { mostBytes }: KnownFile): Promise<PartOnDisk> {
    const part = new PartOnDisk(path, handle);
    const { size } = await handle.stat();
    // A file that is too long is not hashed, because `resume` empties it.
    if (size > mostBytes) part.bytes = size;
    else if (size > 0)
      for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) part.#count(chunk);
    return part;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.handle.appendFile(chunk);
    this.#count(chunk);
  }

  async empty(): Promise<void> {
    // Windows does not let a handle that is open for appending truncate its file.
    await truncate(this.path);
    this.bytes = 0;
    this.#hash = createHash('sha256');
  }

  async sha256(): Promise<string> {
    return this.#hash.copy().digest('hex');
  }

  #count(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.#hash.update(chunk);
  }
}
