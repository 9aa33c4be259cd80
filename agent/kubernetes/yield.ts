import type { KubernetesApi } from './api.ts';
import { FieldsManagedError, type ManagedField } from './errors.ts';
import type { KubernetesObject } from './objects/types.ts';

/** The most dry runs for one object: other tools may keep taking over fields between the runs. */
const TRIES_MAX = 5;

/** The part of an object that the API server accepts in a dry run. */
interface Accepted {
  readonly object: KubernetesObject;
  /** The object as it would be afterwards. */
  readonly after: KubernetesObject;
  /** Fields that were taken out of the object, because other tools manage them. */
  readonly left: readonly ManagedField[];
  /** Whether the object has fields to take over from other tools. */
  readonly force: boolean;
}

/** The field manager by which a HorizontalPodAutoscaler sets the number of pods. */
const AUTOSCALER = 'kube-controller-manager';

/** Whether a field is the number of pods that a HorizontalPodAutoscaler has set. */
export const isAutoscaled = ({ field, manager }: ManagedField): boolean =>
  field === '.spec.replicas' && manager === AUTOSCALER;

/**
 * Takes fields that other tools manage out of an object, so that applying the rest conflicts with nobody. Server-side apply keeps
 * the other tools' values of these fields.
 * @param yields whether to take a managed field out
 * @param takesOver whether to leave a managed field in, and take it over
 * @throws FieldsManagedError if `yields` refuses a managed field, or a managed field is a whole entry of a list
 */
export async function withoutManaged(
  api: KubernetesApi,
  object: KubernetesObject,
  yields: (managed: ManagedField) => boolean,
  takesOver: (managed: ManagedField) => boolean = () => false,
): Promise<Accepted> {
  const left: ManagedField[] = [];
  let rest = object;
  let force = false;
  for (let tries = 1; ; tries++)
    try {
      return { object: rest, after: await api.apply(rest, { dryRun: true, force }), left, force };
    } catch (error) {
      if (!(error instanceof FieldsManagedError) || tries === TRIES_MAX) throw error;
      rest = structuredClone(rest);
      const others = error.fields.filter((managed) => !takesOver(managed));
      force = others.length === 0;
      for (const managed of others) {
        if (!yields(managed) || !removeField(rest, managed.field)) throw error;
        left.push(managed);
      }
    }
}

/** The start of a path that names an entry of a list, e.g. `[name="stage"]`. */
const ENTRY = /^\[([^\]]+)\]/;

/**
 * Removes a field by its path as the API server writes it, e.g. `.spec.template.spec.containers[name="stage"].image`. The path
 * does not quote keys that contain dots, as in `.data.plan.json`: the longest key that matches is taken.
 * @returns whether the field existed
 */
export function removeField(at: unknown, path: string): boolean {
  const entry = ENTRY.exec(path);
  if (entry) return removeField(entryOf(at, entry[1]!), path.slice(entry[0].length));
  if (at === null || typeof at !== 'object') return false;
  const [key] = Object.keys(at)
    .filter((one) => path.startsWith(`.${one}`) && /^($|[.[])/.test(path.slice(one.length + 1)))
    .sort((a, b) => b.length - a.length);
  if (key === undefined) return false;
  const rest = path.slice(key.length + 1);
  return rest === '' ? Reflect.deleteProperty(at, key) : removeField(fieldOf(at, key), rest);
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
