import { useId, useRef } from 'preact/hooks';
import { TERMS } from './terms.ts';

/** A word, with its explanation on a press if it is one of {@link TERMS}. */
export function Term({ children }: { readonly children: string }) {
  return Object.hasOwn(TERMS, children) ? (
    <Explained of={children} class="term" text={children} />
  ) : (
    <span>{children}</span>
  );
}

/** A mark that explains the word beside it, for words that are labels or buttons; nothing if the word is not in `TERMS`. */
export function TermMark({ of }: { readonly of: string }) {
  return Object.hasOwn(TERMS, of) ? <Explained of={of} class="term-mark" text="?" /> : null;
}

/** The words of {@link TERMS} that are explained within sentences. */
const IN_SENTENCES = /(stands by|confidence)/;

/** Shows sentences as paragraphs, in which a press on one of {@link IN_SENTENCES} explains that word. */
export const Sentences = ({ of, title }: { readonly of: readonly string[]; readonly title?: string }) => (
  <>
    {of.map((sentence) => (
      <p key={sentence}>
        {title && <strong>{title}: </strong>}
        {sentence.split(IN_SENTENCES).map((part, i) => (
          <Term key={i}>{part}</Term>
        ))}
      </p>
    ))}
  </>
);

interface ExplainedProps {
  readonly of: string;
  readonly class: string;
  readonly text: string;
}

function Explained({ of, class: own, text }: ExplainedProps) {
  const id = useId();
  const explanation = useRef<HTMLSpanElement>(null);
  // An open explanation could cover the element that has the focus.
  // A press on the explanation gives the focus to no element or to an element around the explanation.
  const closeAfterFocus = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget && !(relatedTarget as Node).contains(explanation.current))
      explanation.current!.hidePopover();
  };
  return (
    <>
      <button
        type="button"
        class={own}
        popovertarget={id}
        onBlur={closeAfterFocus}
        {...(text !== of && { 'aria-label': `Explain ${of}` })}
      >
        {text}
      </button>
      <span ref={explanation} id={id} popover="auto" class="card explanation">
        <strong>{of}</strong> {TERMS[of]}
      </span>
    </>
  );
}
