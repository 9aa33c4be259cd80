import { ensurePackageBuilt } from '../bench/setup/built.ts';

/** Page, library and commands are built once, before tests that run side by side would each build them. */
export default ensurePackageBuilt;
