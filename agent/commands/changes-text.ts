import { counted } from '../../solver/math/figures.ts';
import type { FieldChange, ObjectChange } from '../cluster/engine.ts';

const MARK: Record<ObjectChange['state'], string> = {
  created: '+',
  changed: '~',
  unchanged: ' ',
  pruned: '-',
};

/**
 * Describes changes: a line for each object, with a line below it for each field that has changed or that another tool manages,
 * and a summary.
 */
export function changesText(objects: readonly ObjectChange[], dryRun: boolean): string {
  const lines = objects.flatMap(({ kind, name, state, changes, stay = [] }) => [
    `${MARK[state]} ${kind} ${name}${state === 'unchanged' ? '' : `  ${state}`}`,
    ...changes.map((change) => `    ${changeText(change)}`),
    ...stay.map((field) => `    stays: ${field}; --force takes it over`),
  ]);
  const changed = objects.filter(({ state }) => state !== 'unchanged').length;
  const summary =
    changed === 0
      ? 'nothing to change'
      : `${changed} of ${counted(objects.length, 'object')} ${dryRun ? 'would change' : 'changed'}`;
  return `${lines.join('\n')}\n\n${summary}`;
}

const changeText = ({ path, before, after, summary }: FieldChange): string =>
  `${path}: ${summary ?? `${valueText(before)} → ${valueText(after)}`}`;

const VALUE_LETTERS_MAX = 40;

function valueText(value: unknown): string {
  if (value === undefined) return '(none)';
  if (typeof value === 'number' && !Number.isInteger(value)) return String(+value.toPrecision(4));
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > VALUE_LETTERS_MAX ? `${text.slice(0, VALUE_LETTERS_MAX - 1)}…` : text;
}
