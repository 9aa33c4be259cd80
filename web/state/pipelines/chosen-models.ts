import { signal } from '@preact/signals';
import type { YoloHead } from '../../../models/onnx/yolo.ts';
import { newPipelines } from './changes.ts';

/** Models of which the form "A new pipeline without a manifest" makes one, and what it asks of them. */

/** What the user says of models; an empty text stands for what their files tell. */
export interface Asked {
  readonly task: string;
  readonly prefix: string;
  readonly format: string;
  /** Names of classes, one on each line. */
  readonly classes: string;
}

export interface ChosenModels {
  readonly files: readonly File[];
  /** What each model takes, gives and consists of. */
  readonly words: readonly string[];
  /** The YOLO heads that all of the models may have; none if they are no such detectors. */
  readonly heads: readonly YoloHead[];
  readonly asked: Asked;
}

export const chosenModels = signal<ChosenModels | null>(null);

/** @throws FileTooLargeError, NotOnnxError */
export async function chooseModels(files: readonly File[]): Promise<void> {
  chosenModels.value = await (await newPipelines()).seeModels(files);
}

export function ask(part: Partial<Asked>): void {
  const chosen = chosenModels.value!;
  chosenModels.value = { ...chosen, asked: { ...chosen.asked, ...part } };
}

/** Makes a pipeline of the chosen models. @param data labelled data; empty for none @throws the errors of `makePipeline` */
export async function makeOfChosen(data: readonly File[]): Promise<void> {
  const { files, heads, asked } = chosenModels.value!;
  const classes = asked.classes.split('\n').map((name) => name.trim());
  await (await newPipelines()).makePipeline(files, data, {
    task: asked.task || undefined,
    prefix: asked.prefix || undefined,
    head: heads.find(({ format }) => format === asked.format),
    classes: classes.filter(Boolean),
  });
  chosenModels.value = null;
}
