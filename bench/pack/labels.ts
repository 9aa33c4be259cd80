import type { PipelineStage } from '../../models/manifests/pipeline.ts';
import { InputError } from '../../solver/documents/coded-error.ts';

/** Labelled data does not fit the pipeline that a pack is made for. */
export class UnfitDataError extends InputError {
  override name = 'UnfitDataError';
  constructor(where: string, problem: string, remedy: string) {
    super(`${where}: ${problem}. ${remedy}`);
  }
}

/** The class names of a stage; undefined where the stage tells no classes apart. */
const classesOf = ({ stage }: PipelineStage): readonly string[] | undefined =>
  (stage as { readonly classes?: readonly string[] }).classes;

/** The index of a class in a stage that has classes. @param where names the labelled item @throws UnfitDataError */
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

/** The stages that read labels of classes, from a stage on. */
export const classifyingStages = (stages: readonly PipelineStage[]): PipelineStage[] =>
  stages.filter((stage) => classesOf(stage) !== undefined);
