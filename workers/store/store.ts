import type { Cell, CoRun, EndToEnd, FanOut, IdentifiedProfile } from '../../solver/documents/profile.ts';

/** What a profile in progress has finished. A later cell entry with the same key replaces the earlier one. */
export type JournalEntry =
  | { readonly kind: 'cell'; readonly cell: Cell }
  | { readonly kind: 'accuracy'; readonly accuracy: MeasuredAccuracy }
  | { readonly kind: 'co-run'; readonly coRun: readonly CoRun[] };

/** Accuracy and fan-out on the labelled pack. */
export interface MeasuredAccuracy {
  /** Per stage and variant. */
  readonly stages: Readonly<Record<string, Readonly<Record<string, { value: number; n: number }>>>>;
  readonly fanOut: readonly FanOut[];
  readonly endToEnd: readonly EndToEnd[];
}

/** A saved profile as lists show it. */
export interface ProfileEntry {
  /** The profile's SHA-256. */
  readonly id: string;
  readonly pipeline: string;
  readonly createdAt: string;
}

/** Keeps journals of profiles in progress and finished profiles: IndexedDB in a browser, files in Node. */
export interface Store {
  /** Every whole entry of a journal, oldest first; none where there is no such journal. */
  readJournal(journal: string): Promise<JournalEntry[]>;
  /** Resolves when the entry is safe. @throws StoreFullError */
  append(journal: string, entry: JournalEntry): Promise<void>;
  deleteJournal(journal: string): Promise<void>;
  /** Saves under the profile's SHA-256; saving the same one again changes nothing. @throws StoreFullError */
  saveProfile(profile: IdentifiedProfile): Promise<ProfileEntry>;
  /** Newest first. */
  listProfiles(): Promise<ProfileEntry[]>;
  /** @throws ProfileNotFoundError, InvalidDocumentError */
  loadProfile(id: string): Promise<IdentifiedProfile>;
  deleteProfile(id: string): Promise<void>;
  close(): void;
}

/** The browser's quota or the disk is full. What was saved before is kept. */
export class StoreFullError extends Error {
  override name = 'StoreFullError';
  constructor(what: string, options?: ErrorOptions) {
    super(
      `No room left to save ${what}. Delete profiles or pipelines that are no longer needed, or free space on the disk.`,
      options,
    );
  }
}

/** No profile is saved under that id. */
export class ProfileNotFoundError extends Error {
  override name = 'ProfileNotFoundError';
  constructor(id: string) {
    super(`No profile ${id} is saved here. It was deleted, or saved in another browser or folder.`);
  }
}

/** The store cannot be used as it is: the message says why and what to do. */
export class StoreUnavailableError extends Error {
  override name = 'StoreUnavailableError';
}
