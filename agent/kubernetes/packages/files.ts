import { stringify } from 'yaml';
import type { KubernetesObject } from '../objects/types.ts';

/** The texts of files by their paths inside a folder. */
export type Files = ReadonlyMap<string, string>;

/** Writes objects as YAML, one file per object name: a stage's Service and Deployment share a file. */
export function yamlFiles(objects: readonly KubernetesObject[]): Files {
  const texts = new Map<string, string>();
  for (const object of objects) {
    const file = `${object.metadata.name}.yaml`;
    const before = texts.get(file);
    texts.set(file, before === undefined ? yaml(object) : `${before}---\n${yaml(object)}`);
  }
  return texts;
}

/**
 * Formats a value as YAML: without aliases, so that each object is complete, and without folded lines, so that a plan's JSON is
 * readable. Texts such as `yes` and `1_000` get quotes, because kubectl reads YAML 1.1, in which these are no texts.
 */
export const yaml = (value: unknown): string =>
  stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' });
