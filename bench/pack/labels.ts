import type { PipelineStage } from '../../models/manifests/pipeline.ts';
import type { NamedTensor } from '../../models/packs/write.ts';
import { i32 } from './source.ts';
import { UnfitDataError } from './unfit.ts';

/** Class names of a stage; undefined if the stage has no classes. */
export const classesOf = ({ stage }: PipelineStage): readonly string[] | undefined =>
  (stage as { readonly classes?: readonly string[] }).classes;

/** Index of a class in a stage with classes. @param where name of the labelled item in errors @throws UnfitDataError */
export function labelOf(stage: PipelineStage, name: string, where: string): number {
  const classes = classesOf(stage)!;
  const label = classes.indexOf(name);
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
