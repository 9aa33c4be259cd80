import type { ComponentChildren } from 'preact';
import type { SectionId } from './sections.ts';

interface SectionProps {
  readonly id: SectionId;
  readonly title: string;
  /** One sentence that says what the section is for. */
  readonly lead: ComponentChildren;
  readonly busy?: boolean;
  readonly children: ComponentChildren;
}

/** One of {@link SECTIONS}. It takes the focus when a link of the navigation is followed. */
export function Section({ id, title, lead, busy = false, children }: SectionProps) {
  return (
    <section id={id} class="section" aria-labelledby={`${id}-title`} aria-busy={busy} tabIndex={-1}>
      <header class="section-head">
        <h2 id={`${id}-title`}>{title}</h2>
        <p class="muted">{lead}</p>
      </header>
      {children}
    </section>
  );
}

/** Stands in for the content of an empty section, and says what to do first. */
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
