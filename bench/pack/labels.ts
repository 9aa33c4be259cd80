import type { PipelineStage } from '../../models/manifests/pipeline.ts';
import { InputError } from '../../solver/documents/coded-error.ts';

/** Labelled data does not fit the pipeline that a pack is made for. */
export class UnfitDataError extends InputError {
  override name = 'UnfitDataError';
  constructor(where: string, problem: string, remedy: string) {
    super(`${where}: ${problem}. ${remedy}`);
  }
}

/** Class names of a stage; undefined if the stage has no classes. */
const classesOf = ({ stage }: PipelineStage): readonly string[] | undefined =>
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

/** The stages that need class labels. */
export const classifyingStages = (stages: readonly PipelineStage[]): PipelineStage[] =>
  stages.filter((stage) => classesOf(stage) !== undefined);
