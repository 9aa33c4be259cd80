import type { Manifest, ManifestStage, ManifestVariant } from '../../solver/documents/manifest.ts';
import { type AnyTask, taskOf } from '../tasks/registry.ts';

/** A stage in its pipeline. */
export interface PipelineStage {
  readonly name: string;
  /** As the manifest has it. */
  readonly stage: ManifestStage;
  readonly task: AnyTask;
  /** The stage that gets the items of this one's results; null after the last. */
  readonly next: PipelineStage | null;
  variant(name: string): ManifestVariant;
}

/** The stages of a manifest, in order, each knowing the next. */
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

  /** The stage that requests enter. */
  get first(): PipelineStage {
    return this.stages[0]!;
  }

  stage(name: string): PipelineStage {
    return this.stages.find((stage) => stage.name === name)!;
  }
}

/** @param next null: the stage is the last one, or stands alone */
export const pipelineStage = (stage: ManifestStage, next: PipelineStage | null): PipelineStage => ({
  name: stage.name,
  stage,
  task: taskOf(stage),
  next,
  variant: (name) => stage.variants.find((variant) => variant.name === name)!,
});
