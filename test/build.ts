import { ensureBuilt } from '../bench/runner/host.ts';

/** The page is built once, before tests that run beside each other would each build it. */
export default ensureBuilt;
