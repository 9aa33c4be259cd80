/**
 * This file implements server-side apply as far as the tests need it: which manager owns which field, and what an apply changes.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** Paths of the object's leaf fields that this manager owns. */
  readonly fields: ReadonlySet<string>;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** The fields by which the entries of a list differ, by the name of the list. Every other list counts as one value. */
const KEYS: Record<string, readonly string[]> = {
  containers: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  env: ['name'],
  ports: ['containerPort', 'port', 'protocol'],
};

/**
 * The key of a list's entry, from those key fields that the entry has: ports of Services and of containers have different ones.
 */
function keyOf(field: string, entry: JsonObject): string {
  const keys = KEYS[field]!.filter((key) => key in entry || key === 'protocol');
  return `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, entry[key] ?? 'TCP'])))}`;
}

const isKeyed = (field: string, value: Json): value is JsonObject[] =>
  Array.isArray(value) && field in KEYS && value.every(isObject);

const SEPARATOR = '\u0000';

/** The leaves of an object by their paths. As in FieldsV1, names of fields start with `f:`, and entries of lists with `k:`. */
export function leaves(value: Json, path: readonly string[] = []): Map<string, Json> {
  const found = new Map<string, Json>();
  const field = path.at(-1)?.slice(2) ?? '';
  const inside: [string, Json][] | undefined =
    isObject(value) && Object.keys(value).length > 0
      ? Object.entries(value).map(([key, entry]) => [`f:${key}`, entry])
      : isKeyed(field, value) && path.at(-1)!.startsWith('f:')
        ? value.map((entry) => [keyOf(field, entry), entry])
        : undefined;
  if (!inside) return found.set(path.join(SEPARATOR), value);
  for (const [key, entry] of inside)
    for (const [leaf, leafValue] of leaves(entry, [...path, key])) found.set(leaf, leafValue);
  return found;
}

/** The part of an object that managers can own: everything but what names the object. */
export function ownable({ apiVersion: _v, kind: _k, metadata, ...rest }: JsonObject): JsonObject {
  const { name: _n, namespace: _ns, ...meta } = metadata as JsonObject;
  return { ...(Object.keys(meta).length > 0 && { metadata: meta }), ...rest };
}

/** Writes a manager's paths as FieldsV1. */
export function fieldsV1(fields: ReadonlySet<string>): JsonObject {
  const root: JsonObject = {};
  for (const field of fields) {
    let at = root;
    for (const step of field.split(SEPARATOR)) {
      at[step] ??= step.startsWith('k:') ? { '.': {} } : {};
      at = at[step] as JsonObject;
    }
  }
  return root;
}

/** Writes a path as conflicts name it, e.g. `.spec.template.spec.containers[name="stage"].image`. */
export const fieldText = (path: string): string =>
  path
    .split(SEPARATOR)
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      const keys = Object.entries(JSON.parse(step.slice(2)) as JsonObject);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');

/** Sets a leaf, or removes it if the value is undefined. Adds the entries of lists that are missing on the way to the leaf. */
export function setLeaf(root: JsonObject, path: string, value: Json | undefined): void {
  const steps = path.split(SEPARATOR);
  const walk = (at: JsonObject, i: number): void => {
    const field = steps[i]!.slice(2);
    const next = steps[i + 1];
    if (next === undefined) {
      if (value === undefined) delete at[field];
      // An empty object says only that the object exists, so the fields of an existing one stay.
      else if (!(isObject(value) && isObject(at[field]))) at[field] = structuredClone(value);
      return;
    }
    if (next.startsWith('k:')) {
      at[field] ??= [];
      const list = at[field] as JsonObject[];
      let entry = list.find((candidate) => keyOf(field, candidate) === next);
      if (!entry) {
        if (value === undefined) return;
        entry = JSON.parse(next.slice(2)) as JsonObject;
        list.push(entry);
      }
      if (steps[i + 2] === undefined) return;
      walk(entry, i + 2);
      // An entry that has only its key left is removed, too.
      if (
        value === undefined &&
        Object.keys(entry).length <= Object.keys(JSON.parse(next.slice(2)) as JsonObject).length
      )
        list.splice(list.indexOf(entry), 1);
      return;
    }
    at[field] ??= {};
    walk(at[field] as JsonObject, i + 1);
  };
  walk(root, 0);
}
