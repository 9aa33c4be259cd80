import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The package's folder: the nearest one above this file with a package.json. In the npm package this file is in `dist/lib`. */
export const ROOT = packageFolder(import.meta.dirname);

function packageFolder(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageFolder(dirname(folder));
}

/** A file of the models or data that come with ipa-edge under a name. */
export const shippedFile = (name: string, file: string): string => join(ROOT, 'models', name, file);

/** The names under which such a file comes with ipa-edge. */
export const shippedNames = (file: string): string[] =>
  readdirSync(join(ROOT, 'models')).filter((name) => existsSync(shippedFile(name, file)));
