import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MIGRATIONS, openBrowserStore, openDatabase } from '../../workers/store/browser.ts';
import { identify, type JournalEntry } from '../../workers/store/exchange.ts';
import { StoreFullError, StoreUnavailableError } from '../../workers/store/store.ts';
import { describeStore } from './conformance.ts';
import { cellEntry, measuredCell, profile } from './documents.ts';

interface StorageBuckets {
  open(name: string, options: { quota: number }): Promise<{ indexedDB: IDBFactory }>;
  delete(name: string): Promise<void>;
}

let name: string;
beforeEach(() => {
  name = `test-${crypto.randomUUID()}`;
});
afterEach(() => deleteDB(name));

describe('a store in IndexedDB', () => {
  describeStore(() => openBrowserStore(name));

  it('is shared by two tabs', async () => {
    const [one, two] = [await openBrowserStore(name), await openBrowserStore(name)];
    await one.append('journal', cellEntry(1));
    await two.append('journal', cellEntry(2));
    expect(await one.readJournal('journal')).toEqual([cellEntry(1), cellEntry(2)]);
    one.close();
    two.close();
  });

  it('brings an older database up to date and keeps what it holds', async () => {
    const old = await openBrowserStore(name);
    await old.append('journal', cellEntry(1));
    const { id } = await old.saveProfile(await identify(profile('2026-01-01T00:00:00Z')));
    old.close();
    const steps = [
      ...MIGRATIONS,
      (_: unknown, transaction: { objectStore(table: 'profiles'): unknown }) =>
        (transaction.objectStore('profiles') as IDBObjectStore).createIndex('pipeline', 'pipeline'),
    ];
    const database = await openDatabase(name, steps as typeof MIGRATIONS, () => {});
    expect(database.version).toBe(MIGRATIONS.length + 1);
    expect([...database.transaction('profiles').store.indexNames]).toEqual(['listing', 'pipeline']);
    expect((await database.get('profiles', id))?.pipeline).toBe('fashion');
    expect(await database.countFromIndex('journal', 'journal', 'journal')).toBe(1);
    database.close();
    await expect(openBrowserStore(name)).rejects.toThrow(/saved by a newer version/);
  });

  it('makes way for a newer version in another tab, and says so', async () => {
    const store = await openBrowserStore(name);
    const newer = await openDB(name, MIGRATIONS.length + 1);
    await expect(store.listProfiles()).rejects.toThrow(StoreUnavailableError);
    await expect(store.append('journal', cellEntry(1))).rejects.toThrow(/Reload this page/);
    newer.close();
  });

  it('does not wait for a tab that does not make way', async () => {
    const stubborn = await openDB(name, MIGRATIONS.length);
    const newer = openDatabase(name, [...MIGRATIONS, () => {}], () => {});
    await expect(newer).rejects.toThrow(/Another tab holds/);
    stubborn.close();
  });

  it('does not wait for a browser that never answers', async () => {
    const stubborn = await openDB(name, MIGRATIONS.length);
    // The deletion waits for the open connection, and whoever opens the database then waits for the deletion, without an event.
    const deletion = deleteDB(name);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const refused = expect(openBrowserStore(name)).rejects.toThrow(/Close other tabs of this page/);
    vi.runAllTimers();
    vi.useRealTimers();
    await refused;
    stubborn.close();
    await deletion;
  });

  it('says what to do about a journal entry that is none', async () => {
    const store = await openBrowserStore(name);
    await store.append('journal', { kind: 'cell' } as JournalEntry);
    await expect(store.readJournal('journal')).rejects.toThrow(
      /entry 1 of journal journal is not valid.*Delete what was measured, then measure again\.$/s,
    );
    store.close();
  });

  it('names what failed when the browser ends a transaction without a reason, and keeps what was saved', async () => {
    const store = await openBrowserStore(name);
    await store.append('journal', cellEntry(1));
    const add = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (this: IDBObjectStore) {
      const request = this.getAllKeys();
      this.transaction.abort();
      return request as IDBRequest<IDBValidKey>;
    });
    await expect(store.append('journal', cellEntry(2))).rejects.toThrow(
      /failed to save a measurement \(AbortError\)\. Try again; if that does not help, reload this page/,
    );
    add.mockRestore();
    expect(await store.readJournal('journal')).toEqual([cellEntry(1)]);
    store.close();
  });

  it('says so when the quota is used up, and keeps what was saved', async () => {
    // A storage bucket of Chromium has its own quota, which Chromium checks when the first write needs room.
    const { storageBuckets } = navigator as unknown as { storageBuckets: StorageBuckets };
    const bucket = await storageBuckets.open(name, { quota: 1_000_000 });
    vi.stubGlobal('indexedDB', bucket.indexedDB);
    try {
      const store = await openBrowserStore(name);
      await store.append('journal', cellEntry(1));
      const large = {
        ...profile('2026-01-01T00:00:00Z'),
        cells: Array.from({ length: 4000 }, () => measuredCell(1)),
      };
      await expect(store.saveProfile(await identify(large))).rejects.toThrow(StoreFullError);
      expect(await store.readJournal('journal')).toEqual([cellEntry(1)]);
      expect(await store.listProfiles()).toEqual([]);
      store.close();
    } finally {
      vi.unstubAllGlobals();
      await storageBuckets.delete(name);
    }
  });
});
