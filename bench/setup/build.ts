import { ensurePackageBuilt } from './built.ts';

/** Script of `npm run build`, which `npm pack` also runs. */
await ensurePackageBuilt();
