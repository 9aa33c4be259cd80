/** The sections from the top of the page to its end, as the navigation lists them. */
export const SECTIONS = [
  { id: 'device', label: 'Device' },
  { id: 'measure', label: 'Measure' },
  { id: 'results', label: 'Results' },
  { id: 'plan', label: 'Plan' },
  { id: 'try', label: 'Try it' },
  { id: 'share', label: 'Share' },
] as const;

export type SectionId = (typeof SECTIONS)[number]['id'];
