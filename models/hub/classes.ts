import type { ModelConfig } from './config.ts';
import { UnusableConfigError } from './errors.ts';
import type { HubModel } from './kind.ts';

const LETTERS_MAX = 100;

/**
 * The classes of a hub model in the order of its outputs.
 * @param source names the repository in errors
 * @throws UnusableConfigError
 */
export function classesOf({ id2label, label_names }: ModelConfig, source: string): string[] {
  const count = id2label ? Object.keys(id2label).length : (label_names?.length ?? 0);
  if (count === 0) throw new UnusableConfigError(source, 'names no classes (id2label in config.json)');
  return Array.from({ length: count }, (_, c) => {
    const label = id2label ? id2label[c] : label_names![c];
    if (label === undefined)
      throw new UnusableConfigError(source, `names ${count} classes in id2label, but class ${c} is missing`);
    return label.slice(0, LETTERS_MAX) || `class ${c}`;
  });
}

/** The classes of a hub model that gives each item one of them. @throws UnusableConfigError */
export function oneOfClasses({ config, id }: HubModel): string[] {
  const classes = classesOf(config, id);
  if (config.problem_type === 'multi_label_classification')
    throw new UnusableConfigError(id, 'gives an item several classes at once, where one is expected');
  if (config.problem_type === 'regression' || classes.length === 1)
    throw new UnusableConfigError(id, 'gives numbers, such as ratings, where a class is expected');
  return classes;
}
