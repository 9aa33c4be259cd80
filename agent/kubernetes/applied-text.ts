import type { Applied } from './apply.ts';
import { changeText } from './changes.ts';

const MARK: Record<Applied['state'], string> = { created: '+', changed: '~', unchanged: ' ', pruned: '-' };

/** A line for each object, and below it what changes in it. */
export function appliedText(applied: readonly Applied[], dryRun: boolean): string {
  const lines = applied.flatMap(({ object, state, changes }) => [
    `${MARK[state]} ${object.kind} ${object.metadata.name}${state === 'unchanged' ? '' : `  ${state}`}`,
    ...changes.map((change) => `    ${changeText(change)}`),
  ]);
  const changed = applied.filter(({ state }) => state !== 'unchanged').length;
  const summary =
    changed === 0
      ? 'nothing to change'
      : `${changed} of ${applied.length} objects ${dryRun ? 'would change' : 'changed'}`;
  return `${lines.join('\n')}\n\n${summary}`;
}
