import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { StageMismatchError } from './errors.ts';
import type { HubStage } from './stage.ts';

/** A stage's fields besides its name and variants. */
export type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = ({ name: _name, variants: _variants, ...fields }: ManifestStage): Fields => fields;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields with some replaced; of a field that has fields of its own, only those that are given. */
export const merged = (fields: Fields, given: Fields): Fields => ({
  ...fields,
  ...Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const own = fields[name];
      return [name, isObject(own) && isObject(value) ? merged(own, value) : value];
    }),
  ),
});

/** Each field that has a value, by its path, e.g. `input.length`. */
const leaves = (fields: Fields, path = ''): [string, unknown][] =>
  Object.entries(fields).flatMap(([name, value]): [string, unknown][] =>
    isObject(value) ? leaves(value, `${path}${name}.`) : [[`${path}${name}`, value]],
  );

/**
 * Checks that a hub model fits a stage: the fields that depend on the model are the same, except that a stage may ask for less than
 * the model's limits.
 * @param name of the stage
 * @param fields of the stage
 * @throws StageMismatchError
 */
export function expectFit(id: string, { kind, stage }: HubStage, name: string, fields: Fields): void {
  const [expected, found] = [new Map(leaves(fields)), new Map(leaves(fieldsOf(stage)))];
  for (const path of new Set([...expected.keys(), ...found.keys()])) {
    if (kind.choices.includes(path)) continue;
    const [asked, own] = [expected.get(path), found.get(path)];
    if (kind.limits.includes(path) && Number(asked) <= Number(own)) continue;
    const [one, other] = [asked, own].map((value) => JSON.stringify(value) ?? 'none');
    if (one !== other) throw new StageMismatchError(id, name, path, one!, other!);
  }
}
