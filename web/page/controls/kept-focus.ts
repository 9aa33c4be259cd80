import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/**
 * If an element with the focus is replaced, as when Start becomes Pause, moves the focus to the first button of its container.
 */
export function useKeptFocus(host: RefObject<HTMLElement | null>): void {
  // The new elements are not drawn yet, so the old one still has the focus.
  const had = host.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    const now = host.current;
    if (had && now && !now.contains(document.activeElement)) now.querySelector('button')?.focus();
  });
}
