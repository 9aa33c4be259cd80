import { useEffect, useState } from 'preact/hooks';
import { profileState, running } from '../../state/measure/profiling.ts';
import { SECTIONS, type SectionId } from './sections.ts';

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

/** Progress of the running profile, visible from every section. */
function MeasuredShare() {
  const now = profileState.value.progress;
  return <span class="muted fine">{now ? `${Math.floor(100 * now.share)} %` : '…'}</span>;
}

/** The last section whose top lies within or above the upper third of the window; at the end of the page, the last section. */
function useCurrentSection(): SectionId {
  const [current, setCurrent] = useState<SectionId>(SECTIONS[0].id);
  useEffect(() => {
    let frame = 0;
    const update = () => {
      frame = 0;
      const { scrollHeight } = document.documentElement;
      const atEnd = window.scrollY > 0 && window.scrollY + window.innerHeight >= scrollHeight - 2;
      const above = SECTIONS.filter(({ id }) => {
        const section = document.getElementById(id);
        return section && (atEnd || section.getBoundingClientRect().top < window.innerHeight / 3);
      });
      setCurrent((above.at(-1) ?? SECTIONS[0]).id);
    };
    const schedule = () => {
      frame ||= requestAnimationFrame(update);
    };
    window.addEventListener('scroll', schedule, { passive: true });
    window.addEventListener('resize', schedule);
    schedule();
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener('scroll', schedule);
      window.removeEventListener('resize', schedule);
    };
  }, []);
  return current;
}
