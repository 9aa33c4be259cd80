/** Sections in their order on the page and in the navigation. */
export const SECTIONS = [
  { id: 'measure', label: 'Measure' },
  { id: 'results', label: 'Results' },
  { id: 'plan', label: 'Plan' },
  { id: 'try', label: 'Try it' },
  { id: 'share', label: 'Share' },
] as const;

export type SectionId = (typeof SECTIONS)[number]['id'];
