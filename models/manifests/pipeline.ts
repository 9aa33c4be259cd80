import type { Manifest, ManifestStage, ManifestVariant } from '../../solver/documents/manifest.ts';
import type { Item } from '../items/item-batch.ts';
import { type AnyTask, taskOf } from '../tasks/registry.ts';
import type { StageResult } from '../tasks/task.ts';

/** A stage of a pipeline, with its task and the stage that follows. */
export interface PipelineStage {
  readonly name: string;
  /** The stage's entry in the manifest. */
  readonly stage: ManifestStage;
  readonly task: AnyTask;
  /** The stage that takes the items that this stage passes on; null for the last stage. */
  readonly next: PipelineStage | null;
  variant(name: string): ManifestVariant;
}

/** The stages of a manifest in order. Each stage refers to the next one. */
export class Pipeline {
  readonly name: string;
  readonly stages: readonly PipelineStage[];

  constructor({ name, stages }: Pick<Manifest, 'name' | 'stages'>) {
    this.name = name;
    let next: PipelineStage | null = null;
    const backwards: PipelineStage[] = [];
    for (const stage of [...stages].reverse()) {
      next = pipelineStage(stage, next);
      backwards.push(next);
    }
    this.stages = backwards.reverse();
  }

  get first(): PipelineStage {
    return this.stages[0]!;
  }

  stage(name: string): PipelineStage {
    return this.stages.find((stage) => stage.name === name)!;
  }
}

/** @param next null when the stage is the last one or is used without its pipeline */
export const pipelineStage = (stage: ManifestStage, next: PipelineStage | null): PipelineStage => ({
  name: stage.name,
  stage,
  task: taskOf(stage),
  next,
  variant: (name) => stage.variants.find((variant) => variant.name === name)!,
});

/** The items of stage `next` that follow from an item and its result; none after the last stage. */
export function childrenOf(
  stage: ManifestStage,
  next: ManifestStage | null,
  item: Item,
  result: StageResult,
): Item[] {
  return next ? taskOf(stage).children(stage, item, result, taskOf(next).itemFormat(next)) : [];
}
