/** What a user does to move the page, or something on it. */
const MOVES = ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const;

/**
 * Shows the part of the page that its address names, such as `#plan`, at the top of the window: as long as the page above it
 * still fills, until the user moves the page.
 */
export function landOnSection(): void {
  const show = () => named()?.scrollIntoView({ behavior: 'instant' });
  const growth = new ResizeObserver(show);
  growth.observe(document.body);
  // What is drawn when a part gets its size would otherwise be seen one frame before the page is moved.
  const additions = new MutationObserver(show);
  additions.observe(document.body, { childList: true, subtree: true });
  const stop = () => {
    growth.disconnect();
    additions.disconnect();
  };
  for (const move of MOVES) window.addEventListener(move, stop, { passive: true });
  window.addEventListener('hashchange', unfold);
  unfold();
}

/** The part that the address names; null if it names none. */
const named = (): HTMLElement | null => document.getElementById(location.hash.slice(1));

/** Opens the named part if it is folded away. */
function unfold(): void {
  const part = named();
  if (part instanceof HTMLDetailsElement) part.open = true;
}
