import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { CodedError } from '../../solver/documents/coded-error.ts';
import { makeFolder } from '../store/folder.ts';
import type { HubClient } from './client.ts';
import { download } from './download.ts';
import { CacheUnavailableError, CacheUnknownError } from './errors.ts';
import type { DownloadProgress, KnownFile } from './resume.ts';

/** @throws CacheUnknownError in a container, for example, whose user has no account */
function homeFolder(): string {
  let home = '';
  try {
    home = homedir();
  } catch {}
  if (home === '') throw new CacheUnknownError();
  return home;
}

/** The folder of caches: `XDG_CACHE_HOME`, or the platform's. @throws CacheUnknownError */
function cachesFolder(): string {
  const { XDG_CACHE_HOME: given, LOCALAPPDATA: windows } = process.env;
  if (given && isAbsolute(given)) return given;
  if (process.platform === 'win32' && windows) return windows;
  return join(homeFolder(), process.platform === 'darwin' ? 'Library/Caches' : '.cache');
}

/** Downloads in progress in this process, by the path of the file. */
const running = new Map<string, Promise<void>>();

/** The name of a file that a process downloads: `<sha256>.<host>.<process id>.part`. */
const PART = /^[0-9a-f]{64}\.(.+)\.([1-9]\d*)\.part$/;
/**
 * Nothing was added to a part of another host for this long: its process has ended. Hosts, such as containers, may share the cache,
 * but a process can be asked for only on its own host.
 */
const LEFT_MS = 3_600_000;

/** Keeps each downloaded file under its hash: as `<sha256>`, or under the name of a {@link PART} while a process downloads it. */
export class FileCache {
  constructor(readonly folder: string = join(cachesFolder(), 'ipa-edge', 'files')) {}

  pathOf = ({ sha256 }: Pick<KnownFile, 'sha256'>): string => join(this.folder, sha256);

  /** Whether the cache has a file. Its hash was checked when it was downloaded, and is not checked again. */
  async has(file: Pick<KnownFile, 'sha256'>): Promise<boolean> {
    const found = await stat(this.pathOf(file)).catch(() => null);
    return found?.isFile() ?? false;
  }

  /** Checks the hash of a cached file, and removes the file if it is damaged. @returns whether the file is intact */
  async check(file: Pick<KnownFile, 'sha256'>): Promise<boolean> {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(this.pathOf(file), { highWaterMark: 2 ** 20 }))
      hash.update(chunk);
    const intact = hash.digest('hex') === file.sha256;
    if (!intact) await rm(this.pathOf(file), { force: true });
    return intact;
  }

  /**
   * Downloads a file unless the cache has it, and returns its path.
   * @throws CacheUnavailableError, and the errors of {@link download}
   */
  async fetch(
    file: KnownFile,
    client: HubClient,
    onProgress: (progress: DownloadProgress) => void = () => {},
  ): Promise<string> {
    const path = this.pathOf(file);
    if (await this.has(file)) return path;
    const started =
      running.get(path) ?? this.#download(file, client, onProgress).finally(() => running.delete(path));
    running.set(path, started);
    await started;
    return path;
  }

  /** Adds a file to the cache that the caller has already read and hashed. @throws CacheUnavailableError */
  keep(sha256: string, bytes: Uint8Array): Promise<void> {
    return this.#use(async () => {
      if (await this.has({ sha256 })) return;
      const part = this.#partOf(sha256);
      await writeFile(part, bytes);
      await rename(part, this.pathOf({ sha256 }));
    });
  }

  #download(
    file: KnownFile,
    client: HubClient,
    onProgress: (progress: DownloadProgress) => void,
  ): Promise<void> {
    return this.#use(async () => {
      const part = await this.#claimPart(file);
      await download(client, file, part, onProgress);
      await rename(part, this.pathOf(file));
    });
  }

  /** Creates the folder and does `work` in it. @throws CacheUnavailableError if the file system reports an error */
  async #use(work: () => Promise<void>): Promise<void> {
    try {
      await makeFolder(this.folder);
      await work();
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (cause instanceof CodedError || !/^E[A-Z]+$/.test(code ?? '')) throw cause;
      throw new CacheUnavailableError(this.folder, { cause });
    }
  }

  /** The path of the part that this process writes: a part that an ended process left behind, or a new one. */
  async #claimPart({ sha256 }: KnownFile): Promise<string> {
    for (const name of await readdir(this.folder)) {
      if (!name.startsWith(sha256) || !(await this.#isLeftBehind(name))) continue;
      // Of several processes that claim a part, only one succeeds.
      const claimed = await rename(join(this.folder, name), this.#partOf(sha256)).then(
        () => true,
        () => false,
      );
      if (claimed) break;
    }
    return this.#partOf(sha256);
  }

  /** The path of the part that this process writes. */
  #partOf(sha256: string): string {
    return join(this.folder, `${sha256}.${hostname()}.${process.pid}.part`);
  }

  /** Whether a file is a part whose process has ended. */
  async #isLeftBehind(name: string): Promise<boolean> {
    const part = PART.exec(name);
    if (!part) return false;
    const [, host, pid] = part;
    if (host === hostname()) return !isAlive(Number(pid));
    // Another process may have claimed the part since the folder was read.
    const found = await stat(join(this.folder, name)).catch(() => null);
    return found !== null && Date.now() - found.mtimeMs > LEFT_MS;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM means that the process runs, but belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
