import { ensureLibraryBuilt } from '../bench/setup/built.ts';

/** Compiles the commands and stage workers once, because each test that started their TypeScript would compile it again. */
export default ensureLibraryBuilt;
