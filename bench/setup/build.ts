import { ensurePackageBuilt } from './built.ts';

/** `npm run build`, which `npm pack` calls too. */
await ensurePackageBuilt();
