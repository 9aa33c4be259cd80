import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Prediction } from '../request/predictions.ts';
import { textParts } from './text-parts.ts';

interface TextProps {
  readonly utf8: Uint8Array;
  /** Null to mark nothing. */
  readonly predictions: readonly Prediction[] | null;
}

/** A text item. The spans that the pipeline found or missed are marked, and the first mark is scrolled into view. */
export function Text({ utf8, predictions }: TextProps) {
  const parts = useMemo(
    () => textParts(new TextDecoder().decode(utf8), predictions ?? []),
    [utf8, predictions],
  );
  const quote = useRef<HTMLQuoteElement>(null);
  useLayoutEffect(() => {
    const mark = quote.current!.querySelector('mark');
    quote.current!.scrollTop = mark
      ? mark.offsetTop - quote.current!.offsetTop - quote.current!.clientHeight / 3
      : 0;
  }, [parts]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls must be reachable by keyboard
    <blockquote ref={quote} class="request-text" dir="auto" tabIndex={0}>
      {parts.map(({ text, mark }, i) =>
        mark ? (
          // The parts of a text never change their order.
          <mark key={i} class={`verdict-${mark.verdict}`}>
            {text}
            {mark.label !== null && <span class="muted small"> {mark.label}</span>}
          </mark>
        ) : (
          text
        ),
      )}
    </blockquote>
  );
}
