import type { ComponentChildren } from 'preact';
import { openExample } from '../../state/example.ts';

/** Sections in their order on the page and in the navigation. */
export const SECTIONS = [
  { id: 'measure', label: 'Measure' },
  { id: 'results', label: 'Results' },
  { id: 'plan', label: 'Plan' },
  { id: 'try', label: 'Try it' },
  { id: 'share', label: 'Share' },
] as const;

export type SectionId = (typeof SECTIONS)[number]['id'];

interface SectionProps {
  readonly id: SectionId;
  readonly title: string;
  /** A sentence that explains the section's purpose. */
  readonly lead: ComponentChildren;
  readonly busy?: boolean;
  readonly children: ComponentChildren;
}

/** A section of the page, see {@link SECTIONS}. It gets the focus when its link in the navigation is clicked. */
export function Section({ id, title, lead, busy = false, children }: SectionProps) {
  return (
    <section id={id} class="section" aria-labelledby={`${id}-title`} aria-busy={busy} tabIndex={-1}>
      <header>
        <h2 id={`${id}-title`}>{title}</h2>
        <p class="muted">{lead}</p>
      </header>
      {children}
    </section>
  );
}

/** Content of an empty section: tells the user what to do first. */
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty dashed muted">{children}</p>;
}

/** Content of a section that needs a profile, while none is opened. */
export function NoProfile({ why }: { readonly why: string }) {
  return (
    <Empty>
      {why} <a href="#measure">Measure this device</a>, drop a profile's file anywhere on this page, or{' '}
      <button type="button" class="link" onClick={() => void openExample()}>
        look at an example
      </button>
      .
    </Empty>
  );
}
