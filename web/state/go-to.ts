/** Moves the page to a section, as a link to it does. */
export function goTo(section: string): void {
  if (location.hash === `#${section}`) document.getElementById(section)?.scrollIntoView();
  else location.hash = section;
}
