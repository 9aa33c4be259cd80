import { InvalidInferenceError } from './errors.ts';

/** The most objects and levels of nesting in a message's JSON. Even a message of nested tensors stays far below both. */
export const JSON_BOUNDS = { objects: 1000, depth: 32 };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = { object: 0x7b, list: 0x5b };
const CLOSE = { object: 0x7d, list: 0x5d };

/**
 * Refuses JSON that would take far longer to parse than numbers and texts of the same size. Reads the bytes once, without
 * allocating. Invalid JSON may pass: the parser refuses it later.
 * @param bytes JSON in UTF-8, whose multi-byte characters contain none of the bytes that are looked for
 * @throws InvalidInferenceError
 */
export function checkJsonBounds(bytes: Uint8Array): void {
  let objects = 0;
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = endOfString(bytes, i);
    else if (byte === OPEN.object || byte === OPEN.list) {
      depth++;
      if (byte === OPEN.object) objects++;
      if (depth > JSON_BOUNDS.depth || objects > JSON_BOUNDS.objects)
        throw new InvalidInferenceError(
          `the request should have at most ${JSON_BOUNDS.objects} objects, and be nested at most ${JSON_BOUNDS.depth} deep`,
        );
    } else if (byte === CLOSE.object || byte === CLOSE.list) depth--;
  }
}

/** Index of the quote that ends the string that begins at `from`; the number of bytes if no quote ends it. */
function endOfString(bytes: Uint8Array, from: number): number {
  for (let i = from + 1; i < bytes.length; i++) {
    if (bytes[i] === QUOTE) return i;
    if (bytes[i] === BACKSLASH) i++;
  }
  return bytes.length;
}
