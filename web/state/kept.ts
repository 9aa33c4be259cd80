import { effect, type Signal, signal } from '@preact/signals';
import type { z } from 'zod';

/** The page's state that survives a reload: signals whose values this browser keeps. Measurements are kept elsewhere, in a store. */

const PREFIX = 'ipa-edge/';

interface KeepOptions<T> {
  /** The part of the key after the page's prefix. */
  readonly name: string;
  /** What the value must be. Another version of the page, or a person, may have written what is kept. */
  readonly schema: z.ZodType<T>;
  /** The value while none is kept, or while what is kept does not fit the schema. */
  readonly initial: T;
  /** Whether this tab takes over what other tabs write. */
  readonly shared?: boolean;
}

/** A signal whose value this browser keeps. In a window that keeps nothing, the value lasts until the page is closed. */
export function kept<T>({ name, schema, initial, shared = false }: KeepOptions<T>): Signal<T> {
  const key = PREFIX + name;
  const parsed = (text: string | null): T => {
    try {
      return text === null ? initial : schema.parse(JSON.parse(text));
    } catch {
      return initial;
    }
  };
  const value = signal(parsed(read(key)));
  let known = JSON.stringify(value.peek());
  effect(() => {
    const text = JSON.stringify(value.value);
    if (text === known) return;
    known = text;
    write(key, text);
  });
  if (shared)
    window.addEventListener('storage', (event) => {
      if (event.key !== key) return;
      const written = parsed(event.newValue);
      // What another tab wrote is not written again: it may have written a newer value since.
      known = JSON.stringify(written);
      value.value = written;
    });
  return value;
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // This window keeps nothing, as the check "Settings stay" says, or has no room for the value. The one before must not come back.
    forget(key);
  }
}

function forget(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // This window keeps nothing.
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
