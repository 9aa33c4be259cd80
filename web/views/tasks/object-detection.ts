import type { Box } from '../../../models/items/crop.ts';
import type { StageResult } from '../../../models/tasks/task.ts';
import type { TaskView } from './task-view.ts';

interface Detections extends StageResult {
  readonly detections: readonly Box[];
}

export const objectDetection: TaskView = {
  boxes: (of) => ('result' in of ? (of.result as Detections).detections : (of.truth as readonly Box[])),
  passedOn: () => 'one item for each object found',
};
