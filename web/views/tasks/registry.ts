import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import { classification } from './classification.ts';
import { objectDetection } from './object-detection.ts';
import { questionAnswering } from './question-answering.ts';
import type { TaskView } from './task-view.ts';
import { textGeneration } from './text-generation.ts';
import { tokenClassification } from './token-classification.ts';

const VIEWS: Readonly<Record<string, TaskView>> = {
  'object-detection': objectDetection,
  'image-classification': classification,
  'text-classification': classification,
  'question-answering': questionAnswering,
  'token-classification': tokenClassification,
  'automatic-speech-recognition': textGeneration('transcript'),
  translation: textGeneration('translation'),
  summarization: textGeneration('summary'),
};

/** The view of a task without a view of its own: results are only marked as right or wrong. */
const NO_VIEW: TaskView = { passedOn: () => 'items as the result says' };

export const viewOf = ({ task }: Pick<ManifestStage, 'task'>): TaskView => VIEWS[task] ?? NO_VIEW;
