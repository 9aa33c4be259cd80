import type { z } from 'zod';
import { InvalidDocumentError, parseJson } from '../../solver/documents/document.ts';

/** Size limit of a JSON file, many times the size of any known one. */
const ASSET_BYTES_MAX = 16 * 2 ** 20;

/** Reads a JSON file that comes with a model, such as `config.json`. @throws InvalidDocumentError */
export function parseAsset<T extends z.ZodType>(schema: T, bytes: Uint8Array, file: string): z.output<T> {
  if (bytes.length > ASSET_BYTES_MAX)
    throw new InvalidDocumentError(file, [
      `(root): expected at most ${ASSET_BYTES_MAX} bytes, found ${bytes.length}`,
    ]);
  return parseJson(schema, new TextDecoder().decode(bytes), file);
}
