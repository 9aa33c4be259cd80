import { signal } from '@preact/signals';
import type { YoloHead } from '../../../models/onnx/yolo.ts';

/** The models that the user chose in the form "A new pipeline without a manifest", and the user's answers about them. */

/** The user's answers about the models. An empty text means the default from the models' files. */
interface Asked {
  readonly task: string;
  readonly prefix: string;
  readonly format: string;
  /** Names of classes, one on each line. */
  readonly classes: string;
  /** Width and height of pictures, such as `192x48`. */
  readonly size: string;
}

export interface ChosenModels {
  readonly files: readonly File[];
  /** The inputs, outputs and operators of each model, in words. */
  readonly words: readonly string[];
  /** The YOLO output formats that fit all of the models; empty if the models are no such detectors. */
  readonly heads: readonly YoloHead[];
  /** Whether the first model takes pictures of any size, so that the user may choose one. */
  readonly anySize: boolean;
  readonly asked: Asked;
}

export const chosenModels = signal<ChosenModels | null>(null);

export function ask(part: Partial<Asked>): void {
  const chosen = chosenModels.value!;
  chosenModels.value = { ...chosen, asked: { ...chosen.asked, ...part } };
}
