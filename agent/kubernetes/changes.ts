import type { FieldChange } from '../cluster/engine.ts';
import type { KubernetesObject } from './objects/types.ts';

/** Fields of the metadata that the API server writes itself. */
const SERVERS_OWN = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'uid',
  'creationTimestamp',
  'selfLink',
]);

/**
 * The fields that differ, without the status and what the API server writes itself. A text that is a JSON object is
 * compared field by field, too.
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

/** The object that a JSON text holds; any other value as it is. */
function opened(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('{')) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
