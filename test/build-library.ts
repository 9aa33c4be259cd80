import { ensureLibraryBuilt } from '../bench/setup/built.ts';

/** The commands and stage workers are compiled once, before tests that run side by side would each start their TypeScript. */
export default ensureLibraryBuilt;
