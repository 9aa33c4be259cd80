import type { StageResult } from '../../../models/tasks/task.ts';
import type { Span, TaskView } from './task-view.ts';

interface Entity extends Span {
  readonly type: string;
}

/** The view of entities in a text: each is marked where it stands, with its type. */
export const tokenClassification: TaskView = {
  spans(of) {
    const entities =
      'result' in of
        ? (of.result as StageResult & { readonly entities: readonly Entity[] }).entities
        : (of.truth as readonly Entity[]);
    return entities.map(({ start, end, type }) => ({ start, end, label: type }));
  },
  passedOn: () => 'the text of each entity found',
};
