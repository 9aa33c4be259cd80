import { useRef } from 'preact/hooks';

/**
 * The value of an earlier call while the contents are equal. A chart of them is then not drawn again when its component runs
 * again, such as once the simulation has confirmed a plan.
 */
export function useSame<T>(value: T): T {
  const kept = useRef({ value, text: '' });
  const text = JSON.stringify(value);
  if (text !== kept.current.text) kept.current = { value, text };
  return kept.current.value;
}
