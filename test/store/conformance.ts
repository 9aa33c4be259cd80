import { expect, it } from 'vitest';
import { InvalidDocumentError } from '../../solver/documents/document.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { exportProfile, identify, type JournalEntry } from '../../workers/store/exchange.ts';
import { ProfileNotFoundError, type Store } from '../../workers/store/store.ts';
import { accuracyEntries, cellEntry, profile } from './documents.ts';

/**
 * Adds the tests that every store must pass.
 * @param open opens a store; within a test always the same one, which is empty at first
 */
export function describeStore(open: () => Promise<Store>): void {
  it('keeps the entries of each journal in order, also when they are appended at once', async () => {
    const store = await open();
    const entries = [cellEntry(1), ...accuracyEntries, ...[2, 4, 8, 16].map(cellEntry)];
    await Promise.all(entries.map((entry) => store.append('a/b', entry)));
    await store.append('..', cellEntry(32));
    expect(await store.readJournal('a/b')).toEqual(entries);
    expect(await store.readJournal('..')).toEqual([cellEntry(32)]);
    store.close();
  });

  it('has no entries of a journal that was never written or was deleted', async () => {
    const store = await open();
    expect(await store.readJournal('new')).toEqual([]);
    await store.deleteJournal('new');
    await store.append('new', cellEntry(1));
    await store.append('new', cellEntry(2));
    await store.append('other', cellEntry(4));
    await store.deleteJournal('new');
    expect(await store.readJournal('new')).toEqual([]);
    expect(await store.readJournal('other')).toEqual([cellEntry(4)]);
    await store.append('new', cellEntry(8));
    expect(await store.readJournal('new')).toEqual([cellEntry(8)]);
    store.close();
  });

  it('still has everything when it is opened again', async () => {
    const before = await open();
    await before.append('journal', cellEntry(1));
    const { id } = await before.saveProfile(await identify(profile('2026-01-01T00:00:00Z')));
    before.close();
    const after = await open();
    await after.append('journal', cellEntry(2));
    expect(await after.readJournal('journal')).toEqual([cellEntry(1), cellEntry(2)]);
    expect(await after.loadProfile(id)).toEqual({ profile: profile('2026-01-01T00:00:00Z'), sha256: id });
    after.close();
  });

  it('refuses a journal entry that is none, naming the field', async () => {
    const store = await open();
    await store.append('journal', {
      kind: 'cell',
      cell: { ...cellEntry(1), batch: 0 },
    } as unknown as JournalEntry);
    await expect(store.readJournal('journal')).rejects.toThrow(InvalidDocumentError);
    store.close();
  });

  it('saves a profile under the hash of its text, once', async () => {
    const store = await open();
    const saved = profile('2026-01-01T00:00:00Z');
    const identified = await identify(saved);
    const entry = await store.saveProfile(identified);
    expect(entry).toEqual({ id: identified.sha256, pipeline: 'fashion', createdAt: saved.createdAt });
    const reordered = Object.fromEntries(Object.entries(saved).reverse()) as unknown as Profile;
    expect(await store.saveProfile(await identify(reordered))).toEqual(entry);
    expect(await store.listProfiles()).toEqual([entry]);
    expect(exportProfile((await store.loadProfile(entry.id)).profile)).toBe(exportProfile(saved));
    store.close();
  });

  it('lists profiles newest first and deletes them', async () => {
    const store = await open();
    const dates = ['2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z', '2026-01-01T00:00:00Z'];
    const entries = await Promise.all(
      dates.map(async (date) => store.saveProfile(await identify(profile(date)))),
    );
    expect(await store.listProfiles()).toEqual([entries[1], entries[0], entries[2]]);
    await store.deleteProfile(entries[0]!.id);
    expect(await store.listProfiles()).toEqual([entries[1], entries[2]]);
    await expect(store.loadProfile(entries[0]!.id)).rejects.toThrow(ProfileNotFoundError);
    await expect(store.loadProfile('../journals/journal')).rejects.toThrow(ProfileNotFoundError);
    store.close();
  });

  it('lists what is no profile, and refuses to load it, naming the field', async () => {
    const store = await open();
    const damaged = { ...profile('2026-01-01T00:00:00Z'), cells: null } as unknown as Profile;
    const entry = await store.saveProfile(await identify(damaged));
    expect(await store.listProfiles()).toEqual([entry]);
    await expect(store.loadProfile(entry.id)).rejects.toThrow(/cells: .*found null/);
    store.close();
  });
}
