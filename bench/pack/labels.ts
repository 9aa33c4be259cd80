import type { PipelineStage } from '../../models/manifests/pipeline.ts';
import type { NamedTensor } from '../../models/packs/write.ts';
import { classIndex } from '../../models/tasks/classes.ts';
import { i32 } from './source.ts';
import { UnfitDataError } from './unfit.ts';

/** Class names of a stage; undefined if the stage has no classes. */
export const classesOf = ({ stage }: PipelineStage): readonly string[] | undefined =>
  (stage as { readonly classes?: readonly string[] }).classes;

/** Whether a stage passes objects of this class on: a detector may keep some of its classes only. */
export const isKept = ({ stage }: PipelineStage, name: string): boolean =>
  (stage as { readonly keep?: readonly string[] }).keep?.includes(name) ?? true;

/** Index of a class in a stage with classes. @param where name of the labelled item in errors @throws UnfitDataError */
export function labelOf(stage: PipelineStage, name: string, where: string): number {
  const classes = classesOf(stage)!;
  const label = classIndex(classes, name);
  if (label >= 0) return label;
  const known = classes.slice(0, 5).join(', ') + (classes.length > 5 ? ', …' : '');
  throw new UnfitDataError(
    where,
    `stage "${stage.name}" has no class "${name}"; its classes are ${known}`,
    'Rename the label, or the class in the manifest.',
  );
}

/** Label tensors of the stages that have classes. @param labelsOf class index of each of the stage's rows */
export const classTensors = (
  stages: readonly PipelineStage[],
  labelsOf: (stage: PipelineStage) => readonly number[],
  nameOf = ({ name }: PipelineStage) => `label.${name}`,
): NamedTensor[] =>
  stages.filter((stage) => classesOf(stage)).map((stage) => i32(nameOf(stage), labelsOf(stage)));
