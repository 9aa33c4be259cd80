import { ensureBuilt } from '../bench/runner/host.ts';

/** Builds the page before the tests that need it. */
export default ensureBuilt;
