/**
 * How long a test waits for something that must happen, in ms. Only a test that fails waits so long: the limit is far above
 * what the slowest machine needs.
 */
export const PATIENCE_MS = 240_000;
