/** Server-side apply, as far as the objects here need it: who owns which field, and what applying changes. */

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

/** Lists whose entries are told apart by keys; every other list is one value. */
const KEYS: Record<string, readonly string[]> = {
  containers: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  env: ['name'],
  ports: ['containerPort', 'port', 'protocol'],
  subjects: [],
};

/** Names of a Service's and of a container's ports have the same key here: what there is of them. */
function keyOf(field: string, entry: JsonObject): string {
  const keys = KEYS[field]!.filter((key) => key in entry || key === 'protocol');
  return `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, entry[key] ?? 'TCP'])))}`;
}

const isKeyed = (field: string, value: Json): value is JsonObject[] =>
  Array.isArray(value) && (KEYS[field]?.length ?? 0) > 0 && value.every(isObject);

const SEPARATOR = '\u0000';

/** The leaves of an object by path; names of fields start with `f:`, entries of lists with `k:`, as in FieldsV1. */
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

/** What is applied: everything but what names the object. */
export function ownable({ apiVersion: _v, kind: _k, metadata, ...rest }: JsonObject): JsonObject {
  const { name: _n, namespace: _ns, ...meta } = metadata as JsonObject;
  return { ...(Object.keys(meta).length > 0 && { metadata: meta }), ...rest };
}

/** FieldsV1 of a manager's paths. */
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

/** `.spec.template.spec.containers[name="stage"].image`, as conflicts name it. */
export const fieldText = (path: string): string =>
  path
    .split(SEPARATOR)
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      const keys = Object.entries(JSON.parse(step.slice(2)) as JsonObject);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');

/** Sets, or with undefined removes, a leaf; entries of lists are made where they are missing. */
export function setLeaf(root: JsonObject, path: string, value: Json | undefined): void {
  const steps = path.split(SEPARATOR);
  const walk = (at: JsonObject, i: number): void => {
    const field = steps[i]!.slice(2);
    const next = steps[i + 1];
    if (next === undefined) {
      if (value === undefined) delete at[field];
      // An empty object says that there is one, not what is in it.
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
      // An entry of which only the key is left goes too.
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
