import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The package's folder, from its TypeScript in a checkout as from the JavaScript in `dist/lib`. */
export const ROOT = packageFolder(import.meta.dirname);

function packageFolder(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageFolder(dirname(folder));
}
