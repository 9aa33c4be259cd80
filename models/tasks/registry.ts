import { type ManifestStage, stageOfVariant } from '../../solver/documents/manifest.ts';
import { sum } from '../../solver/math/statistics.ts';
import { automaticSpeechRecognition } from './automatic-speech-recognition/task.ts';
import { imageClassification } from './image-classification/task.ts';
import { objectDetection } from './object-detection/task.ts';
import { fileRoles, valuesIn } from './program.ts';
import { questionAnswering } from './question-answering/task.ts';
import { summarization } from './summarization/task.ts';
import type { StageResult, Task } from './task.ts';
import { textClassification } from './text-classification/task.ts';
import { tokenClassification } from './token-classification/task.ts';
import { translation } from './translation/task.ts';

/** A task of any kind. Its stages, results and truths are opaque: callers only pass them back to the same task. */
export type AnyTask = Task<ManifestStage, StageResult, unknown>;

/** All tasks. A new task needs a folder beside this file and an entry in this list. */
export const TASKS = [
  objectDetection,
  imageClassification,
  textClassification,
  automaticSpeechRecognition,
  questionAnswering,
  tokenClassification,
  summarization,
  translation,
] as unknown as readonly AnyTask[];

const byId = new Map(TASKS.map((task) => [task.id, task]));

/** The program that runs a variant with files of these roles; undefined if none does. */
export const programOf = (
  stage: ManifestStage,
  roles: readonly string[],
): AnyTask['programs'][number] | undefined =>
  taskOf(stage).programs.find((program) => sameSet(fileRoles(program, stage), roles));

/**
 * The largest number of input values for one item, over the stage's variants and programs. Callers estimate a batch's memory from
 * it.
 */
export const inputValues = (stage: ManifestStage): number =>
  Math.max(
    ...stage.variants.flatMap((variant) => {
      const seen = stageOfVariant(stage, variant);
      return taskOf(stage).programs.map(({ signatures }) =>
        sum(
          Object.values(signatures(seen)).flatMap(({ inputs }) => inputs.map(({ dims }) => valuesIn(dims))),
        ),
      );
    }),
  );

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one) => b.includes(one));

/** The task of a validated manifest's stage, which always exists. */
export const taskOf = ({ task }: Pick<ManifestStage, 'task'>): AnyTask => byId.get(task)!;
