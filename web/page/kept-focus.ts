import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** Where the focused part of a host is replaced, as when Start becomes Pause, the first button there takes the focus over. */
export function useKeptFocus(host: RefObject<HTMLElement | null>): void {
  // Looked at while the old part is still there.
  const had = host.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    const now = host.current;
    if (had && now && !now.contains(document.activeElement)) now.querySelector('button')?.focus();
  });
}
