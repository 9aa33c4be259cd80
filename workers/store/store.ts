import { InputError } from '../../solver/documents/coded-error.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { JournalEntry } from './exchange.ts';

/** The facts of a saved profile that a list of profiles shows. */
export interface ProfileEntry {
  /** The profile's SHA-256. */
  readonly id: string;
  readonly pipeline: string;
  readonly createdAt: string;
}

export const entryOf = ({ profile, sha256 }: IdentifiedProfile): ProfileEntry => ({
  id: sha256,
  pipeline: profile.pipeline,
  createdAt: profile.createdAt,
});

/** Orders a list of profiles, the newest first. */
export const newestFirst = (a: ProfileEntry, b: ProfileEntry): number => (a.createdAt < b.createdAt ? 1 : -1);

/**
 * Keeps the journals of profiles in progress, and finished profiles: in files in Node; in a browser in IndexedDB or, if the
 * browser saves nothing, in memory.
 */
export interface Store {
  /** The complete entries of a journal, oldest first; empty if there is no such journal. */
  readJournal(journal: string): Promise<JournalEntry[]>;
  /** Adds an entry, and resolves once it would survive a crash. @throws StoreFullError, JournalInUseError */
  append(journal: string, entry: JournalEntry): Promise<void>;
  deleteJournal(journal: string): Promise<void>;
  /** Saves a profile under its SHA-256; saving the same profile again changes nothing. @throws StoreFullError */
  saveProfile(profile: IdentifiedProfile): Promise<ProfileEntry>;
  /** All saved profiles, the newest first. */
  listProfiles(): Promise<ProfileEntry[]>;
  /** @throws ProfileNotFoundError, InvalidDocumentError, UnsupportedDocumentError */
  loadProfile(id: string): Promise<IdentifiedProfile>;
  deleteProfile(id: string): Promise<void>;
  close(): void;
}

/** Another process writes to a journal: each of the two would disturb what the other measures. */
export class JournalInUseError extends Error {
  override name = 'JournalInUseError';
  constructor(path: string) {
    super(
      `Another process measures the same profile: it has changed ${path}. Try again when it has ended: what was measured is kept.`,
    );
  }
}

/** The browser's quota or the disk is full. What was saved before is kept. */
export class StoreFullError extends InputError {
  override name = 'StoreFullError';
  /** @param folder the folder to save in; absent in a browser */
  constructor(what: string, { folder, ...options }: ErrorOptions & { readonly folder?: string } = {}) {
    super(
      folder === undefined
        ? `There is no room left to save ${what}. Delete profiles or pipelines that you no longer need, or free space on the disk.`
        : `There is no room left in ${folder} to save ${what}. Free space on its disk and try again: what was saved before is kept.`,
      options,
    );
  }
}

/** Converts the error of a write into a {@link StoreFullError} if the browser's quota is used up. Other errors stay the same. */
export const orFull = (cause: unknown, what: string): unknown =>
  (cause as Error | null)?.name === 'QuotaExceededError' ? new StoreFullError(what, { cause }) : cause;

/** The browser could not read or write saved data, although there is room for it. */
export class StoreFailedError extends Error {
  override name = 'StoreFailedError';
  constructor(doing: string, cause: DOMException) {
    super(
      `The browser failed to ${doing} (${cause.message || cause.name}). Try again; if that does not help, reload this page. ` +
        'What was saved before is kept.',
      { cause },
    );
  }
}

export class ProfileNotFoundError extends Error {
  override name = 'ProfileNotFoundError';
  constructor(id: string) {
    super(`No profile ${id} is saved here. It was deleted, or saved in another browser or folder.`);
  }
}

/** The store cannot be used; the message says why, and what to do. */
export class StoreUnavailableError extends Error {
  override name = 'StoreUnavailableError';
}
