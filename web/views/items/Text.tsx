import { useMemo } from 'preact/hooks';

/** A text as an item. */
export function Text({ utf8 }: { readonly utf8: Uint8Array }) {
  const text = useMemo(() => new TextDecoder().decode(utf8), [utf8]);
  return (
    <blockquote class="request-text" dir="auto">
      {text}
    </blockquote>
  );
}
