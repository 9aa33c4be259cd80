import { useLayoutEffect, useRef } from 'preact/hooks';

/** A button outside folds that does something, in contrast to buttons that explain a word or look like words. */
const ACTION = 'button:enabled:not(.term, .term-mark, .link, details *)';

/**
 * Keeps the focus in a container when the element with the focus is replaced, as when Start becomes Pause, or is disabled. The
 * focus goes to the container's first action or, if there is none, to the container, which needs a `tabIndex` for that.
 * @returns the ref of the container
 */
export function useKeptFocus<Host extends HTMLElement = HTMLDivElement>() {
  const host = useRef<Host>(null);
  // The new elements are not drawn yet, so the old one still has the focus.
  const had = host.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    const now = host.current;
    const at = document.activeElement;
    if (had && now && (!now.contains(at) || at?.matches(':disabled')))
      (now.querySelector<HTMLElement>(ACTION) ?? now).focus();
  });
  return host;
}

/** Moves the focus to the part of the page around a button, because the button is about to disappear. */
export const focusAround = (button: HTMLElement): void =>
  button.closest<HTMLElement>('[tabindex="-1"]')?.focus({ preventScroll: true });
