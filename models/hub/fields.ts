import type { ManifestStage } from '../../solver/documents/manifest.ts';

/** A stage's fields besides its name and variants. */
export type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = ({ name: _name, variants: _variants, ...fields }: ManifestStage): Fields => fields;

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Replaces the given fields, and within a nested field only the given subfields. */
export const merged = (fields: Fields, given: Fields): Fields => ({
  ...fields,
  ...Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const own = fields[name];
      return [name, isObject(own) && isObject(value) ? merged(own, value) : value];
    }),
  ),
});

/** The value at a path, e.g. `input.length`; undefined if there is none. */
export const at = (fields: Fields, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), fields);

/** Replaces the value at a path, e.g. `input.length`. The value undefined removes the field. */
export function put(fields: Fields, path: string, value: unknown): Fields {
  const [name, rest] = path.split(/\.(.*)/s) as [string, string | undefined];
  const own = fields[name];
  const changed = rest !== undefined && isObject(own) ? put(own, rest, value) : value;
  return Object.fromEntries(
    Object.entries({ ...fields, [name]: changed }).filter(([, one]) => one !== undefined),
  );
}
