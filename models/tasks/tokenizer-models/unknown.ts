/**
 * Joins neighbouring unknown tokens into one: the unknown token if that is the first of them, otherwise their joined text.
 * @param ids the number of each token of the vocabulary
 * @param unknownId the number of the unknown token, e.g. `[UNK]`
 */
export function fuseUnknown(
  tokens: readonly string[],
  ids: ReadonlyMap<string, number>,
  unknownId: number,
): string[] {
  const fused: string[] = [];
  const isUnknown = (token: string) => (ids.get(token) ?? unknownId) === unknownId;
  for (let i = 0; i < tokens.length; ) {
    const from = i++;
    if (isUnknown(tokens[from]!)) while (i < tokens.length && isUnknown(tokens[i]!)) i++;
    fused.push(ids.get(tokens[from]!) === unknownId ? tokens[from]! : tokens.slice(from, i).join(''));
  }
  return fused;
}

const encoder = new TextEncoder();

/**
 * Splits a token into the tokens of its bytes, e.g. `<0xC3>`; null if a byte's token has no number.
 * @param ids the number of each token
 */
export function byteTokens(token: string, ids: ReadonlyMap<string, number>): string[] | null {
  const bytes = Array.from(
    encoder.encode(token),
    (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  return bytes.every((byte) => ids.has(byte)) ? bytes : null;
}
