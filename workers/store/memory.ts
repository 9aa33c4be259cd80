import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { JournalEntry } from './exchange.ts';
import { entryOf, newestFirst, type ProfileEntry, ProfileNotFoundError, type Store } from './store.ts';

/**
 * Keeps journals and profiles only in memory: for browsers that save nothing, as in some private windows, and for commands that
 * keep nothing.
 */
export class MemoryStore implements Store {
  readonly #journals = new Map<string, JournalEntry[]>();
  readonly #profiles = new Map<string, IdentifiedProfile>();

  async readJournal(journal: string): Promise<JournalEntry[]> {
    return [...(this.#journals.get(journal) ?? [])];
  }

  async append(journal: string, entry: JournalEntry): Promise<void> {
    this.#journals.set(journal, [...(this.#journals.get(journal) ?? []), entry]);
  }

  async deleteJournal(journal: string): Promise<void> {
    this.#journals.delete(journal);
  }

  async saveProfile(identified: IdentifiedProfile): Promise<ProfileEntry> {
    this.#profiles.set(identified.sha256, identified);
    return entryOf(identified);
  }

  async listProfiles(): Promise<ProfileEntry[]> {
    return [...this.#profiles.values()].map(entryOf).sort(newestFirst);
  }

  async loadProfile(id: string): Promise<IdentifiedProfile> {
    const found = this.#profiles.get(id);
    if (!found) throw new ProfileNotFoundError(id);
    return found;
  }

  async deleteProfile(id: string): Promise<void> {
    this.#profiles.delete(id);
  }

  close(): void {}
}
