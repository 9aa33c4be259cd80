import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The package's folder: the nearest one above this file with a package.json. In the npm package this file is in `dist/lib`. */
export const ROOT = packageFolder(import.meta.dirname);

function packageFolder(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageFolder(dirname(folder));
}
