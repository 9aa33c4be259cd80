import { told } from './app.ts';
import { finished } from './measure/profiling.ts';

/** Closes the messages that lead to a section, because the user has gone on. */
export function closeTold(): void {
  finished.value = told.value = null;
}

/** Moves the page and the focus to a section, as a link to it does. */
export function goTo(section: string): void {
  closeTold();
  if (location.hash !== `#${section}`) {
    location.hash = section;
    return;
  }
  const part = document.getElementById(section);
  part?.scrollIntoView();
  part?.focus({ preventScroll: true });
}
