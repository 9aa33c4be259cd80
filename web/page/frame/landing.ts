/** Events of a user who moves the page or operates a control on it. */
const MOVES = ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const;

/**
 * Keeps the part of the page that the address names, such as `#plan`, at the top of the window while content above that part is
 * still loading. The first action of the user ends this.
 */
export function landOnSection(): void {
  const show = () => named()?.scrollIntoView({ behavior: 'instant' });
  const growth = new ResizeObserver(show);
  growth.observe(document.body);
  // Some content, such as charts, is drawn only once its size is known. Without this observer, the user would see one frame with
  // that content before the page scrolls.
  const additions = new MutationObserver(show);
  additions.observe(document.body, { childList: true, subtree: true });
  const stop = () => {
    growth.disconnect();
    additions.disconnect();
  };
  for (const move of MOVES) window.addEventListener(move, stop, { passive: true });
  // `popstate` also follows a press on a link to the part that the address names already, where no `hashchange` follows.
  window.addEventListener('popstate', unfold);
  unfold();
}

/** The part of the page that the address names; null if there is none. */
const named = (): HTMLElement | null => document.getElementById(location.hash.slice(1));

/** Opens the part that the address names if it is folded away. */
function unfold(): void {
  const part = named();
  if (part instanceof HTMLDetailsElement) part.open = true;
}
