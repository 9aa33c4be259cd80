import type { Applied } from './apply.ts';
import { changeText } from './changes.ts';
import { PREVIOUS_KEY } from './export/objects.ts';

const PREVIOUS = `data["${PREVIOUS_KEY}"]`;
const MARK: Record<Applied['state'], string> = { created: '+', changed: '~', unchanged: ' ', pruned: '-' };

/** A line for each object, and below it what changes in it; of the plan that is kept to go back to, only that it does. */
export function appliedText(applied: readonly Applied[], dryRun: boolean): string {
  const lines = applied.flatMap(({ object, state, changes }) => {
    const told = changes.filter(({ path }) => !path.startsWith(PREVIOUS));
    return [
      `${MARK[state]} ${object.kind} ${object.metadata.name}${state === 'unchanged' ? '' : `  ${state}`}`,
      ...told.map((change) => `    ${changeText(change)}`),
      ...(told.length < changes.length ? [`    ${PREVIOUS}: the plan before it`] : []),
    ];
  });
  const changed = applied.filter(({ state }) => state !== 'unchanged').length;
  const summary =
    changed === 0
      ? 'nothing to change'
      : `${changed} of ${applied.length} objects ${dryRun ? 'would change' : 'changed'}`;
  return `${lines.join('\n')}\n\n${summary}`;
}
