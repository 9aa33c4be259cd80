import type { JsonObject } from './fields.ts';
import { KINDS } from './paths.ts';
import type { ObjectStore, StoredObject } from './store.ts';

/** The objects of a collection; if its path has no namespace, those of all namespaces. */
export function objectsIn(store: ObjectStore, collection: string): StoredObject[] {
  const parts = collection.split('/');
  if (parts.includes('namespaces') || parts.at(-1) === 'nodes') return store.all(collection);
  return store
    .all(`${parts.slice(0, -1).join('/')}/namespaces`)
    .filter(({ kind }) => kind === KINDS[parts.at(-1)!]);
}

/**
 * Whether a request's selectors select an object. Labels have the forms `key=value` and `key`; fields have also `path!=value`.
 */
export function selects(query: URLSearchParams, object: StoredObject): boolean {
  const { metadata } = object;
  const labels = query.get('labelSelector')?.split(',') ?? [];
  const fields = query.get('fieldSelector')?.split(',') ?? [];
  return (
    labels.every((term) => {
      const [key, value] = term.split('=');
      return value === undefined ? metadata.labels?.[key!] !== undefined : metadata.labels?.[key!] === value;
    }) &&
    fields.every((term) => {
      const [, path, operator, value] = /^([^!=]+)(!?=)(.*)$/.exec(term)!;
      return (fieldAt(object, path!) === value) === (operator === '=');
    })
  );
}

const fieldAt = (object: StoredObject, path: string): string => {
  const value = path.split('.').reduce<unknown>((at, step) => (at as JsonObject | undefined)?.[step], object);
  return value === undefined ? '' : String(value);
};
