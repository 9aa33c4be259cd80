import { effect, type Signal, signal } from '@preact/signals';
import type { z } from 'zod';

/** Signals whose values, such as the settings of forms, this browser keeps over a reload. The store keeps measurements. */

const PREFIX = 'ipa-edge/';

interface KeepOptions<T> {
  /** The part of the key in localStorage after the page's prefix. */
  readonly name: string;
  /** The schema of a valid value, because another version of the page, or a person, may have written the stored value. */
  readonly schema: z.ZodType<T>;
  /** The value while the browser stores no valid one. */
  readonly initial: T;
  /** Whether this tab adopts values that other tabs store. */
  readonly shared?: boolean;
}

/** Makes a signal whose value this browser stores. In a window that stores nothing, the value lasts until the page is closed. */
export function kept<T>({ name, schema, initial, shared = false }: KeepOptions<T>): Signal<T> {
  const key = PREFIX + name;
  const parsed = (text: string | null): T => {
    try {
      return text === null ? initial : schema.parse(JSON.parse(text));
    } catch {
      return initial;
    }
  };
  const value = signal(parsed(inStorage((storage) => storage.getItem(key))));
  let known = JSON.stringify(value.peek());
  effect(() => {
    const text = JSON.stringify(value.value);
    if (text === known) return;
    known = text;
    write(key, text, shared);
  });
  if (shared)
    window.addEventListener('storage', (event) => {
      if (event.key !== key) return;
      const written = parsed(event.newValue);
      // A value from another tab is not stored again, because that tab may have stored a newer one since.
      known = JSON.stringify(written);
      value.value = written;
    });
  return value;
}

/** Calls `use` with a storage of the browser and returns its result; null if the browser denies the storage or it is full. */
export function inStorage<T>(
  use: (storage: Storage) => T,
  name: 'localStorage' | 'sessionStorage' = 'localStorage',
): T | null {
  try {
    return use(window[name]);
  } catch {
    return null;
  }
}

function write(key: string, text: string, shared: boolean): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // This window stores nothing, as the check "Settings stay" says, or has no room for the value. The previous value is removed,
    // so that a reload does not bring it back. What tabs share stays, because it is a collection, such as the names of profiles.
    if (!shared) inStorage((storage) => storage.removeItem(key));
  }
}

/** Why this window does not keep settings over a reload; null if it does. */
export function whyNotKept(): string | null {
  const key = `${PREFIX}check`;
  try {
    localStorage.setItem(key, 'yes');
    localStorage.removeItem(key);
    return null;
  } catch (error) {
    return (error as Error).name === 'QuotaExceededError'
      ? 'its storage is full'
      : 'this window forbids it, as private windows may';
  }
}
