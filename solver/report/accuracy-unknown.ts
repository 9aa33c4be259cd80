/** The text in place of accuracies if no variant has a known accuracy. */
export const ACCURACY_UNKNOWN = 'accuracy unknown: planned by latency and cost alone';
/** {@link ACCURACY_UNKNOWN} as a sentence. */
export const ACCURACY_UNKNOWN_SENTENCE = 'Accuracy unknown: planned by latency and cost alone.';

export const pasText = (pas: number | null): string =>
  pas === null ? ACCURACY_UNKNOWN : `PAS ${pas.toFixed(3)}`;
