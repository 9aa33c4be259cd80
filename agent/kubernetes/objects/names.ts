const LONGEST = 50;

/** FNV-1a, 32 bits, in hex: tells names apart that are the same once they are made fit. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, '0');
}

/**
 * Names of ours as one name that Kubernetes takes anywhere (RFC 1035: lower case, at most 63, a letter first). Those that
 * had to be changed end in a hash, so that `A` and `a` stay two. Room is left for suffixes of up to 13 letters.
 */
export function clusterName(...parts: readonly string[]): string {
  const whole = parts.join('-');
  const fit = whole
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^[^a-z]+/, '')
    .replace(/-+$/, '');
  if (fit === whole && fit.length <= LONGEST) return fit;
  return `${(fit || 'x').slice(0, LONGEST - 9).replace(/-+$/, '')}-${hash(whole)}`;
}
