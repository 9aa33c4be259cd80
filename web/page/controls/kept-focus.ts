import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** When the focused element of a host is replaced, as when Start becomes Pause, moves the focus to the host's first button. */
export function useKeptFocus(host: RefObject<HTMLElement | null>): void {
  // This runs before the new elements are drawn, so the old one still has the focus.
  const had = host.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    const now = host.current;
    if (had && now && !now.contains(document.activeElement)) now.querySelector('button')?.focus();
  });
}
