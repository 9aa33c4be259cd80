/**
 * Joins unknown tokens that follow each other.
 * @param ids the number of each token
 * @param unknownId the number of the token for unknown text, which takes in the unknown tokens after it
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
