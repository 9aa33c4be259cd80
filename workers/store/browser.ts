import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from 'idb';
import { jsonValue } from '../../solver/documents/document.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { exportProfile, type JournalEntry, parseIdentified, parseJournalEntry } from './exchange.ts';
import {
  entryOf,
  orFull,
  type ProfileEntry,
  ProfileNotFoundError,
  type Store,
  StoreFullError,
  StoreUnavailableError,
} from './store.ts';

interface Tables extends DBSchema {
  /** Keys rise, so the entries of a journal are read in the order in which they were added. */
  journal: { key: number; value: { journal: string; entry: JournalEntry }; indexes: { journal: string } };
  profiles: {
    key: string;
    value: ProfileEntry & { text: string };
    /** The index holds everything that a list of profiles shows, so that listing loads no profile. */
    indexes: { listing: [createdAt: string, pipeline: string] };
  };
}

type Database = IDBPDatabase<Tables>;
type Migration = (
  database: Database,
  transaction: IDBPTransaction<Tables, StoreNames<Tables>[], 'versionchange'>,
) => void;

/** Step i upgrades a database from version i to i + 1. Released steps never change; new ones are added at the end. */
export const MIGRATIONS: readonly Migration[] = [
  (database) => {
    database.createObjectStore('journal', { autoIncrement: true }).createIndex('journal', 'journal');
    database
      .createObjectStore('profiles', { keyPath: 'id' })
      .createIndex('listing', ['createdAt', 'pipeline']);
  },
];

/**
 * Opens the database, and upgrades an older one without losing data.
 * @param migrations all steps from an empty database; their number is the version
 * @throws StoreUnavailableError, StoreFullError
 */
export async function openDatabase(
  name: string,
  migrations: readonly Migration[],
  onClosed: (why: string) => void,
): Promise<Database> {
  return new Promise((resolve, reject) => {
    let blocked = false;
    openDB<Tables>(name, migrations.length, {
      upgrade(database, from, _to, transaction) {
        for (const step of migrations.slice(from)) step(database, transaction);
      },
      blocked() {
        blocked = true;
        reject(
          new StoreUnavailableError(
            'Another tab holds saved profiles open. Close it, then reload this page.',
          ),
        );
      },
      blocking(_current, _next, event) {
        (event.target as IDBDatabase).close();
        onClosed('Another tab updated or deleted the saved profiles. Reload this page.');
      },
      terminated() {
        onClosed('The browser closed the saved profiles, as when its data is cleared. Reload this page.');
      },
    }).then(
      // The other tab may close after this promise was rejected; the database that then opens is not used.
      (database) => (blocked ? database.close() : resolve(database)),
      (cause: DOMException) => {
        if (cause.name === 'QuotaExceededError') return reject(new StoreFullError('profiles', { cause }));
        const why =
          cause.name === 'VersionError'
            ? 'Profiles here were saved by a newer version. Reload this page to get it.'
            : `This browser does not let profiles be saved here (${cause.message}). Private windows may forbid it.`;
        reject(new StoreUnavailableError(why, { cause }));
      },
    );
  });
}

/**
 * Opens the store of a page or a web worker, in IndexedDB. Several tabs may have it open.
 * @throws StoreUnavailableError, StoreFullError
 */
export async function openBrowserStore(name = 'ipa-edge'): Promise<Store> {
  let closed: string | undefined;
  const database = await openDatabase(name, MIGRATIONS, (why) => {
    closed = why;
  });
  return new BrowserStore(database, () => closed);
}

class BrowserStore implements Store {
  constructor(
    private readonly database: Database,
    private readonly whyClosed: () => string | undefined,
  ) {}

  async readJournal(journal: string): Promise<JournalEntry[]> {
    const rows = await this.#open().getAllFromIndex('journal', 'journal', journal);
    return rows.map(({ entry }, i) => parseJournalEntry(entry, `entry ${i + 1} of journal ${journal}`));
  }

  async append(journal: string, entry: JournalEntry): Promise<void> {
    await this.#write('journal', 'a measurement', (table) => table.add({ journal, entry }));
  }

  async deleteJournal(journal: string): Promise<void> {
    await this.#within('journal', 'readwrite', async (table) => {
      let cursor = await table.index('journal').openCursor(journal);
      while (cursor) {
        await cursor.delete();
        cursor = await cursor.continue();
      }
    });
  }

  async saveProfile(identified: IdentifiedProfile): Promise<ProfileEntry> {
    const entry = entryOf(identified);
    const text = exportProfile(identified.profile);
    await this.#write('profiles', 'the profile', (table) => table.put({ ...entry, text }));
    return entry;
  }

  async listProfiles(): Promise<ProfileEntry[]> {
    return this.#within('profiles', 'readonly', async (table) => {
      const entries: ProfileEntry[] = [];
      let cursor = await table.index('listing').openKeyCursor(null, 'prev');
      for (; cursor; cursor = await cursor.continue())
        entries.push({ id: cursor.primaryKey, pipeline: cursor.key[1], createdAt: cursor.key[0] });
      return entries;
    });
  }

  async loadProfile(id: string): Promise<IdentifiedProfile> {
    const row = await this.#open().get('profiles', id);
    if (!row) throw new ProfileNotFoundError(id);
    const source = `saved profile ${id}`;
    return parseIdentified(jsonValue(row.text, source), source);
  }

  async deleteProfile(id: string): Promise<void> {
    await this.#open().delete('profiles', id);
  }

  close(): void {
    this.database.close();
  }

  #open(): Database {
    const why = this.whyClosed();
    if (why) throw new StoreUnavailableError(why);
    return this.database;
  }

  /** Works in one transaction and waits for its end too, so that an abort is never an unhandled rejection. */
  async #within<T extends StoreNames<Tables>, M extends 'readonly' | 'readwrite', R>(
    table: T,
    mode: M,
    work: (table: IDBPTransaction<Tables, [T], M>['store']) => Promise<R>,
  ): Promise<R> {
    const transaction = this.#open().transaction(table, mode);
    const [result] = await Promise.all([work(transaction.store), transaction.done]);
    return result;
  }

  /** Writes with strict durability: once the promise resolves, the data is on the disk and survives a crash. */
  async #write<T extends StoreNames<Tables>>(
    table: T,
    what: string,
    write: (table: IDBPTransaction<Tables, [T], 'readwrite'>['store']) => Promise<unknown>,
  ): Promise<void> {
    const transaction = this.#open().transaction(table, 'readwrite', { durability: 'strict' });
    // A request that fails aborts its transaction, and the await below rejects with the reason.
    write(transaction.store).catch(() => {});
    await transaction.done.catch((cause) => {
      throw orFull(cause, what);
    });
  }
}
