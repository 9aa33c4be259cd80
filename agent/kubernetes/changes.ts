import type { FieldChange } from '../cluster/engine.ts';
import type { KubernetesObject } from './objects/types.ts';

/** Metadata fields that only the API server writes. */
const SERVERS_OWN = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'uid',
  'creationTimestamp',
  'selfLink',
]);

/**
 * Compares two states of an object, without the status and fields that only the API server writes. Texts that are JSON objects
 * are compared field by field.
 */
export function changesOf(before: KubernetesObject, after: KubernetesObject): FieldChange[] {
  const own = ({ status: _, metadata, ...rest }: KubernetesObject & { status?: unknown }) => ({
    ...rest,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !SERVERS_OWN.has(key))),
  });
  return [...compare('', own(before), own(after))];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function* compare(path: string, before: unknown, after: unknown): Generator<FieldChange> {
  const [a, b] = [opened(before), opened(after)];
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      yield* compare(path === '' ? key : `${path}${fieldText(key)}`, a[key], b[key]);
  } else if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.max(a.length, b.length); i++) yield* compare(`${path}[${i}]`, a[i], b[i]);
  } else if (a !== b) yield { path, before, after };
}

const fieldText = (key: string): string => (/^[A-Za-z0-9_-]+$/.test(key) ? `.${key}` : `["${key}"]`);

/** Parses a text that is a JSON object; returns any other value unchanged. */
function opened(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('{')) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
