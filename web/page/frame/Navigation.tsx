import { useEffect, useState } from 'preact/hooks';
import { profileState, running } from '../../state/measure/profiling.ts';
import { SECTIONS, type SectionId } from './Section.tsx';

/** Links to the sections, always in view. The link of the visible section is marked. */
export function Navigation() {
  const current = useCurrentSection();
  return (
    <nav class="sections" aria-label="Sections">
      <ol>
        {SECTIONS.map(({ id, label }) => (
          <li key={id}>
            <a href={`#${id}`} aria-current={id === current ? 'true' : undefined}>
              {label}
              {id === 'measure' && running.value && <MeasuredShare />}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** Progress of the running profile, visible from every section: at most 99 %, because the end has steps of unknown length. */
function MeasuredShare() {
  const now = profileState.value.progress;
  return <span class="muted fine">{now ? `${Math.min(99, Math.floor(100 * now.share))} %` : '…'}</span>;
}

/**
 * The section that the address names, while the page stands where a link to that section leads. Otherwise the last section whose
 * top lies within or above the upper third of the window; at the end of the page, the last section.
 */
function useCurrentSection(): SectionId {
  const [current, setCurrent] = useState<SectionId>(SECTIONS[0].id);
  useEffect(() => {
    let frame = 0;
    const update = () => {
      frame = 0;
      const page = document.documentElement;
      const atEnd = window.scrollY > 0 && window.scrollY + window.innerHeight >= page.scrollHeight - 2;
      const named = SECTIONS.find(({ id }) => `#${id}` === location.hash);
      if (named && isLedTo(named.id, atEnd)) return setCurrent(named.id);
      const above = SECTIONS.filter(({ id }) => {
        const section = document.getElementById(id);
        return section && (atEnd || section.getBoundingClientRect().top < window.innerHeight / 3);
      });
      setCurrent((above.at(-1) ?? SECTIONS[0]).id);
    };
    const schedule = () => {
      frame ||= requestAnimationFrame(update);
    };
    const end = new AbortController();
    const { signal } = end;
    window.addEventListener('scroll', schedule, { passive: true, signal });
    window.addEventListener('resize', schedule, { signal });
    window.addEventListener('hashchange', schedule, { signal });
    schedule();
    return () => {
      cancelAnimationFrame(frame);
      end.abort();
    };
  }, []);
  return current;
}

/** Whether a section's top is where a link to the section puts it: below the bar or, as the page ends there, further down. */
function isLedTo(id: SectionId, atEnd: boolean): boolean {
  const top = document.getElementById(id)?.getBoundingClientRect().top ?? Number.NaN;
  const least = Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop);
  return Math.abs(top - least) < 2 || (atEnd && top > least && top < window.innerHeight);
}
