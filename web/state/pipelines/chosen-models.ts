import { signal } from '@preact/signals';
import type { YoloHead } from '../../../models/onnx/yolo.ts';

/** Models of which the form "A new pipeline without a manifest" makes one, and what it asks of them. */

/** What the user says of models; an empty text stands for what their files tell. */
export interface Asked {
  readonly task: string;
  readonly prefix: string;
  readonly format: string;
  /** Names of classes, one on each line. */
  readonly classes: string;
  /** Of pictures, such as 192x48. */
  readonly size: string;
}

export interface ChosenModels {
  readonly files: readonly File[];
  /** What each model takes, gives and consists of. */
  readonly words: readonly string[];
  /** The YOLO heads that all of the models may have; none if they are no such detectors. */
  readonly heads: readonly YoloHead[];
  /** Whether the first model takes pictures of any size, so that the user may say which. */
  readonly anySize: boolean;
  readonly asked: Asked;
}

export const chosenModels = signal<ChosenModels | null>(null);

export function ask(part: Partial<Asked>): void {
  const chosen = chosenModels.value!;
  chosenModels.value = { ...chosen, asked: { ...chosen.asked, ...part } };
}
