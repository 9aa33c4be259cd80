import type { ClassifyingStage, ClassResult } from '../../../models/tasks/classes.ts';
import type { TaskView } from './task-view.ts';

/** The view of classification tasks, for any kind of item. */
export const classification: TaskView = {
  words(stage, of) {
    const label = 'result' in of ? (of.result as ClassResult).label : (of.truth as number);
    return (stage as ClassifyingStage).classes[label] ?? `class ${label}`;
  },
  passedOn(stage) {
    const { passOn } = stage as ClassifyingStage & { readonly passOn?: readonly string[] };
    return passOn ? `only items of class ${passOn.join(', ')}` : 'every item';
  },
};
