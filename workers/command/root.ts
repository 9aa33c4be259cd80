import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The package's folder: the nearest one above this file with a package.json. In the npm package this file is in `dist/lib`. */
export const ROOT = packageFolder(import.meta.dirname);

function packageFolder(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageFolder(dirname(folder));
}

/** Path of a file in the folder `models/<name>`, which ships with ipa-edge. */
export const shippedFile = (name: string, file: string): string => join(ROOT, 'models', name, file);

/** Names of the folders in `models` that contain the file. */
export const shippedNames = (file: string): string[] =>
  readdirSync(join(ROOT, 'models')).filter((name) => existsSync(shippedFile(name, file)));
