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
  StoreFailedError,
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

const DELETE_JOURNAL = 'Delete what was measured, then measure again.';

/** Some browsers never answer a request to open a database, as while a deletion of it waits for another tab. */
const OPEN_MS_MAX = 10_000;

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
    let givenUp = false;
    const giveUp = (why: string): void => {
      givenUp = true;
      reject(new StoreUnavailableError(why));
    };
    const limit = setTimeout(
      giveUp,
      OPEN_MS_MAX,
      'The browser does not open the saved profiles. Close other tabs of this page, then reload it; if that does not help, ' +
        'restart the browser.',
    );
    openDB<Tables>(name, migrations.length, {
      upgrade(database, from, _to, transaction) {
        for (const step of migrations.slice(from)) step(database, transaction);
      },
      blocked() {
        giveUp('Another tab holds saved profiles open. Close it, then reload this page.');
      },
      blocking(_current, _next, event) {
        (event.target as IDBDatabase).close();
        onClosed('Another tab updated or deleted the saved profiles. Reload this page.');
      },
      terminated() {
        onClosed('The browser closed the saved profiles, as when its data is cleared. Reload this page.');
      },
    })
      .finally(() => clearTimeout(limit))
      .then(
        // The database may open after this promise was rejected, and is then not used.
        (database) => (givenUp ? database.close() : resolve(database)),
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
    const rows = await this.#use('read saved measurements', (database) =>
      database.getAllFromIndex('journal', 'journal', journal),
    );
    return rows.map(({ entry }, i) =>
      parseJournalEntry(() => entry, `entry ${i + 1} of journal ${journal}`, DELETE_JOURNAL),
    );
  }

  async append(journal: string, entry: JournalEntry): Promise<void> {
    await this.#write('journal', 'a measurement', (table) => table.add({ journal, entry }));
  }

  async deleteJournal(journal: string): Promise<void> {
    await this.#within('delete saved measurements', 'journal', 'readwrite', async (table) => {
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
    return this.#within('list saved profiles', 'profiles', 'readonly', async (table) => {
      const entries: ProfileEntry[] = [];
      let cursor = await table.index('listing').openKeyCursor(null, 'prev');
      for (; cursor; cursor = await cursor.continue())
        entries.push({ id: cursor.primaryKey, pipeline: cursor.key[1], createdAt: cursor.key[0] });
      return entries;
    });
  }

  async loadProfile(id: string): Promise<IdentifiedProfile> {
    const row = await this.#use('read a saved profile', (database) => database.get('profiles', id));
    if (!row) throw new ProfileNotFoundError(id);
    const source = `saved profile ${id}`;
    return parseIdentified(jsonValue(row.text, source), source);
  }

  async deleteProfile(id: string): Promise<void> {
    await this.#use('delete a profile', (database) => database.delete('profiles', id));
  }

  close(): void {
    this.database.close();
  }

  /** @throws StoreUnavailableError, StoreFailedError, and what `work` throws */
  async #use<R>(doing: string, work: (database: Database) => Promise<R>): Promise<R> {
    try {
      this.#checkOpen();
      return await work(this.database);
    } catch (cause) {
      // The database may have been closed while it worked.
      this.#checkOpen();
      throw cause instanceof DOMException ? new StoreFailedError(doing, cause) : cause;
    }
  }

  #checkOpen(): void {
    const why = this.whyClosed();
    if (why) throw new StoreUnavailableError(why);
  }

  /** Works in one transaction and waits for its end too, so that an abort is never an unhandled rejection. */
  #within<T extends StoreNames<Tables>, M extends 'readonly' | 'readwrite', R>(
    doing: string,
    table: T,
    mode: M,
    work: (table: IDBPTransaction<Tables, [T], M>['store']) => Promise<R>,
  ): Promise<R> {
    return this.#use(doing, async (database) => {
      const transaction = database.transaction(table, mode);
      const [result] = await Promise.all([work(transaction.store), transaction.done]);
      return result;
    });
  }

  /** Writes with strict durability: once the promise resolves, the data is on the disk and survives a crash. */
  #write<T extends StoreNames<Tables>>(
    table: T,
    what: string,
    write: (table: IDBPTransaction<Tables, [T], 'readwrite'>['store']) => Promise<unknown>,
  ): Promise<void> {
    return this.#use(`save ${what}`, async (database) => {
      const transaction = database.transaction(table, 'readwrite', { durability: 'strict' });
      // A request that fails aborts its transaction, and the await below rejects with the reason.
      write(transaction.store).catch(() => {});
      await transaction.done.catch((cause) => {
        throw orFull(cause, what);
      });
    });
  }
}
