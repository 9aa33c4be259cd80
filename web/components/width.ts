import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Whether the window is so narrow that rows of tables become cards, as in components.css. */
export function useNarrow(): boolean {
  const [query] = useState(() => matchMedia('(max-width: 46rem)'));
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const follow = () => setNarrow(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, [query]);
  return narrow;
}

/** The width of an element in whole pixels, also after it has changed; 0 until it is known. */
export function useWidth(host: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(host.current!);
    return () => observer.disconnect();
  }, []);
  return width;
}
