import { options, type RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Whether the window is so narrow that rows of tables become cards, as in components.css. */
export function useNarrow(): boolean {
  const [query] = useState(() => matchMedia('screen and (max-width: 46rem)'));
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const follow = () => setNarrow(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, [query]);
  return narrow;
}

/** About the width of A4 and letter paper within margins, in pixels. */
const PAPER_PX = 660;

/**
 * The width of an element in whole pixels, also after it has changed; 0 until it is known. While the page is printed, it is that of
 * paper at most.
 */
export function useWidth(host: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    let shown = 0;
    const observer = new ResizeObserver(([entry]) => {
      shown = Math.floor(entry!.contentRect.width);
      setWidth(shown);
    });
    observer.observe(host.current!);
    const end = new AbortController();
    const { signal } = end;
    const fitPaper = () => drawAtOnce(() => setWidth(Math.min(shown, PAPER_PX)));
    window.addEventListener('beforeprint', fitPaper, { signal });
    window.addEventListener('afterprint', () => setWidth(shown), { signal });
    return () => {
      observer.disconnect();
      end.abort();
    };
  }, []);
  return width;
}

/** Draws a change before this function returns, because a browser may print before any microtask runs. */
function drawAtOnce(change: () => void): void {
  const { debounceRendering } = options;
  options.debounceRendering = (draw) => draw();
  change();
  options.debounceRendering = debounceRendering ?? queueMicrotask;
}
