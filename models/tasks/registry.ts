import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { imageClassification } from './image-classification/task.ts';
import { objectDetection } from './object-detection/task.ts';
import type { StageResult, Task } from './task.ts';
import { textClassification } from './text-classification/task.ts';

/** A task whose stage, result and truth are its own business: what it gives is only handed back to it. */
export type AnyTask = Task<ManifestStage, StageResult, unknown>;

/** Every task there is. A new one is a folder beside this file and an entry here. */
export const TASKS = [
  objectDetection,
  imageClassification,
  textClassification,
] as unknown as readonly AnyTask[];

const byId = new Map(TASKS.map((task) => [task.id, task]));

/** The task of a stage that a manifest's schema has let through. */
export const taskOf = ({ task }: Pick<ManifestStage, 'task'>): AnyTask => byId.get(task)!;
