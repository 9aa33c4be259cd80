import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileProblem } from '../../models/manifests/file-problem.ts';
import { jsonValue, parseJson } from '../../solver/documents/document.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { getOrMake } from '../../solver/math/maps.ts';
import { sum } from '../../solver/math/statistics.ts';
import {
  exportProfile,
  type JournalEntry,
  parseIdentified,
  parseJournalEntry,
  profileHead,
} from './exchange.ts';
import { makeFolder } from './folder.ts';
import {
  entryOf,
  JournalInUseError,
  newestFirst,
  type ProfileEntry,
  ProfileNotFoundError,
  type Store,
  StoreFullError,
  StoreUnavailableError,
} from './store.ts';

const NEWLINE = 0x0a;
const DELETE_LINE = 'Delete this line: what it held is measured again.';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const asFull = (error: unknown, what: string, folder: string): unknown =>
  codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT'
    ? new StoreFullError(what, { folder, cause: error })
    : error;

/** The text of a file; null if there is no such file. */
const textOf = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').catch((error) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });

/** The file in which a store in `folder` keeps a profile. */
export const profileFile = (folder: string, id: string): string => join(folder, 'profiles', `${id}.json`);

/**
 * Opens a store in a folder: `journals/*.jsonl` with one entry a line, and `profiles/<id>.json`.
 * One process at a time may append to a journal.
 * @throws StoreUnavailableError
 */
export async function openFileStore(folder = '.ipa-edge'): Promise<Store> {
  try {
    const [journals, profiles] = [join(folder, 'journals'), join(folder, 'profiles')];
    await makeFolder(journals);
    await makeFolder(profiles);
    return new FileStore(journals, profiles);
  } catch (cause) {
    const why = `No store can be opened in the folder ${folder}: ${fileProblem(cause)}. `;
    throw new StoreUnavailableError(`${why}Name a folder that this user can write.`, { cause });
  }
}

class FileStore implements Store {
  /** The journals that this store has read or written. */
  readonly #used = new Map<string, JournalFile>();

  constructor(
    private readonly journals: string,
    private readonly profiles: string,
  ) {}

  async readJournal(journal: string): Promise<JournalEntry[]> {
    const path = this.#journalPath(journal);
    const lines = await this.#fileOf(journal).lines();
    return lines.map((line, i) => {
      const source = `${path}, line ${i + 1}`;
      return parseJournalEntry(() => jsonValue(line, source), source, DELETE_LINE);
    });
  }

  async append(journal: string, entry: JournalEntry): Promise<void> {
    await this.#fileOf(journal)
      .append(`${JSON.stringify(entry)}\n`)
      .catch((error) => {
        throw asFull(error, 'a measurement', this.journals);
      });
  }

  async deleteJournal(journal: string): Promise<void> {
    await this.#used.get(journal)?.settled();
    this.#used.delete(journal);
    await rm(this.#journalPath(journal), { force: true });
  }

  async saveProfile(identified: IdentifiedProfile): Promise<ProfileEntry> {
    await this.#writeWhole(`${identified.sha256}.json`, exportProfile(identified.profile));
    return entryOf(identified);
  }

  async listProfiles(): Promise<ProfileEntry[]> {
    const files = (await readdir(this.profiles)).filter((file) => file.endsWith('.json'));
    const entries: ProfileEntry[] = [];
    for (const file of files) {
      const path = join(this.profiles, file);
      const text = await textOf(path);
      if (text === null) continue; // another process has deleted the profile
      const { pipeline, createdAt } = parseJson(profileHead, text, path);
      entries.push({ id: file.slice(0, -'.json'.length), pipeline, createdAt });
    }
    return entries.sort(newestFirst);
  }

  async loadProfile(id: string): Promise<IdentifiedProfile> {
    const path = this.#profilePath(id);
    const text = await textOf(path);
    if (text === null) throw new ProfileNotFoundError(id);
    return parseIdentified(jsonValue(text, path), path);
  }

  async deleteProfile(id: string): Promise<void> {
    await rm(this.#profilePath(id), { force: true });
  }

  close(): void {
    this.#used.clear();
  }

  #fileOf(journal: string): JournalFile {
    return getOrMake(this.#used, journal, () => new JournalFile(this.#journalPath(journal)));
  }

  #journalPath(journal: string): string {
    return join(this.journals, `${encodeURIComponent(journal)}.jsonl`);
  }

  #profilePath(id: string): string {
    if (!/^[0-9a-f]{64}$/.test(id)) throw new ProfileNotFoundError(id);
    return join(this.profiles, `${id}.json`);
  }

  /** Writes a file as a whole or not at all, even if the power fails meanwhile. */
  async #writeWhole(name: string, text: string): Promise<void> {
    const path = join(this.profiles, name);
    const part = `${path}.${randomUUID()}.part`;
    try {
      await writeFile(part, text, { flag: 'wx', flush: true });
      await rename(part, path);
      await syncFolder(this.profiles);
    } catch (error) {
      await rm(part, { force: true });
      throw asFull(error, 'the profile', this.profiles);
    }
  }
}

/**
 * The file of a journal. Lines are written one after the other, each as a whole. No handle stays open between them: if a store
 * were dropped with an open handle, Node 26 would end the process. The file is truncated by its path, because Windows
 * truncates no file by a handle that is open for appending.
 */
class JournalFile {
  #isRepaired = false;
  /** Size of the journal after it was last read or written here; undefined before that. */
  #bytes: number | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly path: string) {}

  /** The whole lines. After the last newline there is nothing, or an entry that a crash cut off. */
  lines(): Promise<string[]> {
    return this.#serially(async () => {
      const lines = ((await textOf(this.path)) ?? '').split('\n').slice(0, -1);
      this.#bytes = sum(lines.map((line) => Buffer.byteLength(line) + 1));
      return lines;
    });
  }

  /** @throws JournalInUseError */
  append(line: string): Promise<void> {
    return this.#serially(() => this.#write(line));
  }

  /** Resolves once every call so far has ended. */
  async settled(): Promise<void> {
    await this.#last;
  }

  #serially<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #write(line: string): Promise<void> {
    const file = this.#isRepaired ? await open(this.path, 'a') : await openRepaired(this.path);
    this.#isRepaired = true;
    try {
      await this.#appendWhole(file, line);
    } finally {
      await file.close();
    }
  }

  async #appendWhole(file: FileHandle, line: string): Promise<void> {
    const { size } = await file.stat();
    if (this.#bytes !== undefined && size !== this.#bytes) throw new JournalInUseError(this.path);
    try {
      await file.appendFile(line);
      await file.datasync();
      this.#bytes = size + Buffer.byteLength(line);
    } catch (error) {
      // A part of the line may have been written. It is removed, so that the next entry starts on a new line.
      await truncate(this.path, size).catch(() => {});
      throw error;
    }
  }
}

/** Opens a journal and removes a line that a crash cut off, so that the next entry starts on a new line. */
async function openRepaired(path: string): Promise<FileHandle> {
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(size), 0, size, 0);
    const whole = buffer.lastIndexOf(NEWLINE) + 1;
    if (whole < size) await truncate(path, whole);
    await syncFolder(dirname(path));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Makes the name of a new or renamed file durable. Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
