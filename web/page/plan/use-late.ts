import { useEffect, useState } from 'preact/hooks';

/** A shorter wait feels immediate, and a mark for it would only flicker. */
const LATE_MS = 200;

/** Whether the page has waited so long for an answer that it should mark the previous answer as outdated. */
export function useLate(awaited: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!awaited) return;
    const timer = setTimeout(() => setLate(true), LATE_MS);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [awaited]);
  return late;
}
