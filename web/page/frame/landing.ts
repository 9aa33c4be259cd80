import { inStorage } from '../../state/kept.ts';
import { SECTIONS, type SectionId } from './Section.tsx';

/** Events of a user who moves the page, operates a control on it, also by a screen reader, or drops a file. */
const MOVES = ['wheel', 'touchstart', 'pointerdown', 'keydown', 'click', 'drop'] as const;

/** Where the window stands: the section in its upper third, and how far the section's top is from the window's, in pixels. */
interface Place {
  readonly section: SectionId;
  readonly top: number;
}

/**
 * Keeps a part of the page in its place in the window while content above that part still loads, until the user's first action.
 * After a reload, or on the way back to the page, the part is what the window showed before: a browser restores the place only of
 * a page that has its whole height at once. Otherwise the address names the part, such as `#plan`, which goes to the window's top.
 */
export function landOnPlace(): void {
  const before = placeBefore();
  const show = () => (before ? returnTo(before) : named()?.scrollIntoView({ behavior: 'instant' }));
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
  // The browser reports the page as hidden before it leaves the page.
  document.addEventListener('visibilitychange', () => document.hidden && keepPlace());
  // `popstate` also follows a press on a link to the part that the address names already, where no `hashchange` follows.
  window.addEventListener('popstate', unfold);
  unfold();
}

const topOf = (id: SectionId): number | undefined => document.getElementById(id)?.getBoundingClientRect().top;

/** The key in sessionStorage, which is of this tab alone. */
const KEY = 'ipa-edge/place';

/** Keeps the place where the window stands, unless the page does not have all its sections yet. */
function keepPlace(): void {
  const places = SECTIONS.map(({ id }) => ({ section: id, top: topOf(id) ?? Number.NaN }));
  if (places.some(({ top }) => Number.isNaN(top))) return;
  const place = places.findLast(({ top }) => top < window.innerHeight / 3) ?? places[0];
  inStorage((storage) => storage.setItem(KEY, JSON.stringify(place)), 'sessionStorage');
}

/** The place that this tab showed of the page before; null if a link or a typed address led to the page. */
function placeBefore(): Place | null {
  const [arrival] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  if (arrival?.type === 'navigate') return null;
  return inStorage((storage) => JSON.parse(storage.getItem(KEY) ?? 'null') as Place | null, 'sessionStorage');
}

function returnTo({ section, top }: Place): void {
  const now = topOf(section);
  if (now !== undefined) window.scrollBy({ top: now - top, behavior: 'instant' });
}

/** The part of the page that the address names; null if there is none. */
const named = (): HTMLElement | null => document.getElementById(location.hash.slice(1));

/** Opens the part that the address names if it is folded away. */
function unfold(): void {
  const part = named();
  if (part instanceof HTMLDetailsElement) part.open = true;
}
