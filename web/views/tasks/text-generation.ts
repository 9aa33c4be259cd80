import type { StageResult } from '../../../models/tasks/task.ts';
import type { TaskView } from './task-view.ts';

/** The view of tasks whose result and truth are a text. @param what name of such a text, e.g. `translation` */
export const textGeneration = (what: string): TaskView => ({
  makesTexts: true,
  words: (_stage, of) =>
    'result' in of ? (of.result as StageResult & { readonly text: string }).text : (of.truth as string),
  passedOn: () => `every ${what}`,
});
