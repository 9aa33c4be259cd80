import { useEffect, useState } from 'preact/hooks';

/** Users see what comes sooner as immediate, so a mark for it would only flicker. */
const LATE_MS = 200;

/** Whether an answer has been awaited for so long that the page should mark the one before it. */
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
