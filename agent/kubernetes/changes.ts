import type { KubernetesObject } from './export/types.ts';

/** A field that differs. Undefined: it is not there. */
export interface Change {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What the server itself writes. */
const SERVERS_OWN = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'uid',
  'creationTimestamp',
  'selfLink',
]);

/** How an object would change, field by field; JSON in texts is looked into. Status and what the server writes are left out. */
export function changesOf(before: KubernetesObject, after: KubernetesObject): Change[] {
  const own = ({ status: _, metadata, ...rest }: KubernetesObject & { status?: unknown }) => ({
    ...rest,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !SERVERS_OWN.has(key))),
  });
  return [...compare('', own(before), own(after))];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function* compare(path: string, before: unknown, after: unknown): Generator<Change> {
  const [a, b] = [opened(before), opened(after)];
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      yield* compare(path === '' ? key : `${path}${fieldText(key)}`, a[key], b[key]);
  } else if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.max(a.length, b.length); i++) yield* compare(`${path}[${i}]`, a[i], b[i]);
  } else if (a !== b) yield { path, before, after };
}

const fieldText = (key: string): string => (/^[A-Za-z0-9_-]+$/.test(key) ? `.${key}` : `["${key}"]`);

/** A document that stands in a text. */
function opened(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('{')) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const MOST_LETTERS = 40;

const show = (value: unknown): string => {
  if (value === undefined) return '(none)';
  if (typeof value === 'number' && !Number.isInteger(value)) return String(+value.toPrecision(4));
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS - 1)}…` : text;
};

/** A line for people. */
export const changeText = ({ path, before, after }: Change): string =>
  `${path}: ${show(before)} → ${show(after)}`;
