import type { KubernetesApi } from './api.ts';
import { FieldsManagedError, type ManagedField } from './errors.ts';
import type { KubernetesObject } from './objects/types.ts';

/** The most dry runs for one object: tools could go on to take fields between the runs. */
const TRIES_MAX = 5;

/** What the API server accepts of an object in a dry run. */
export interface Accepted {
  readonly object: KubernetesObject;
  /** The object as it would be afterwards. */
  readonly after: KubernetesObject;
  /** Fields that were taken out of the object, because other tools manage them. */
  readonly left: readonly ManagedField[];
}

/**
 * Takes the fields that other tools manage out of an object, so that applying the rest conflicts with nobody. Server-side apply
 * keeps the other tools' values of these fields.
 * @throws FieldsManagedError if a managed field is a whole entry of a list
 */
export async function withoutManaged(api: KubernetesApi, object: KubernetesObject): Promise<Accepted> {
  const left: ManagedField[] = [];
  let rest = object;
  for (let tries = 1; ; tries++)
    try {
      return { object: rest, after: await api.apply(rest, { dryRun: true }), left };
    } catch (error) {
      if (!(error instanceof FieldsManagedError) || tries === TRIES_MAX) throw error;
      rest = structuredClone(rest);
      for (const managed of error.fields) {
        if (!removeField(rest, managed.field)) throw error;
        left.push(managed);
      }
    }
}

/** A step of a path as the API server writes it: `.replicas`, or `[name="stage"]` for an entry of a list. */
const STEP = /\.([^.[\]]+)|\[([^\]]+)\]/gy;

/** Removes a field by its path, e.g. `.spec.template.spec.containers[name="stage"].image`. @returns whether there was one */
export function removeField(object: object, path: string): boolean {
  const steps = [...path.matchAll(STEP)];
  const last = steps.pop();
  let at: unknown = object;
  for (const [, field, entry] of steps) at = field === undefined ? entryOf(at, entry!) : fieldOf(at, field);
  if (last?.[1] === undefined || fieldOf(at, last[1]) === undefined) return false;
  delete (at as Record<string, unknown>)[last[1]];
  return true;
}

const fieldOf = (value: unknown, field: string): unknown =>
  value !== null && typeof value === 'object' && Object.hasOwn(value, field)
    ? (value as Record<string, unknown>)[field]
    : undefined;

/** The entry of a list whose fields have these values, e.g. `containerPort=8080,protocol="TCP"`. */
function entryOf(list: unknown, keys: string): unknown {
  if (!Array.isArray(list)) return undefined;
  const wanted = keys.split(',').map((pair) => pair.split('=') as [string, string]);
  return list.find((entry) => wanted.every(([key, value]) => JSON.stringify(fieldOf(entry, key)) === value));
}
