/** Cuts the words of a text into tokens. */
export type Cutter = (words: readonly string[]) => string[];
