/** Longest name in characters: Kubernetes allows 63, and 13 are reserved for suffixes. */
const NAME_LETTERS_MAX = 50;

/** Computes the 32-bit FNV-1a hash in hex. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, '0');
}

/** A name as the value of a label. Kubernetes allows more characters in such a value than in the name of an object. */
export const labelValue = (name: string): string =>
  /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(name) ? name : kubernetesName(name);

/**
 * Joins names to one that Kubernetes accepts for objects of every kind (RFC 1035: lower case, a letter first, at most 63
 * characters). A name that had to be changed ends in a hash, so that `A` and `a` get different names.
 */
export function kubernetesName(...parts: readonly string[]): string {
  const whole = parts.join('-');
  const allowed = whole
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^[^a-z]+/, '')
    .replace(/-+$/, '');
  if (allowed === whole && allowed.length <= NAME_LETTERS_MAX) return allowed;
  return `${(allowed || 'x').slice(0, NAME_LETTERS_MAX - 9).replace(/-+$/, '')}-${hash(whole)}`;
}
