/** What stands in the place of accuracies where none is known of any variant. */
export const ACCURACY_UNKNOWN = 'accuracy unknown: planned by latency and cost alone';
/** The same as a sentence. */
export const ACCURACY_UNKNOWN_SENTENCE = 'Accuracy unknown: planned by latency and cost alone.';

export const pasText = (pas: number | null): string =>
  pas === null ? ACCURACY_UNKNOWN : `PAS ${pas.toFixed(3)}`;
