import type { Manifest, ManifestStage, ManifestVariant } from '../../solver/documents/manifest.ts';
import { joinFields, splitFields } from '../items/fields.ts';
import type { Item } from '../items/item-batch.ts';
import type { ItemFormat } from '../items/item-format.ts';
import { type AnyTask, taskOf } from '../tasks/registry.ts';
import type { StageResult } from '../tasks/task.ts';

/** A stage of a pipeline, with its task and the stage that follows. */
export interface PipelineStage {
  readonly name: string;
  /** The stage's entry in the manifest. */
  readonly stage: ManifestStage;
  readonly task: AnyTask;
  /** Format of the stage's items, with the fields that this stage and the later ones need. */
  readonly format: ItemFormat;
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
  format: carrying(taskOf(stage).itemFormat(stage), next?.format.fields),
  next,
  variant: (name) => stage.variants.find((variant) => variant.name === name)!,
});

const carrying = (format: ItemFormat, later: readonly string[] = []): ItemFormat => {
  const fields = [...new Set([...(format.fields ?? []), ...later])];
  return fields.length > 0 ? { ...format, fields } : format;
};

/**
 * Makes the next stage's items from an item and its result; none after the last stage. Each new item carries the fields of the
 * original item that later stages need.
 * @param next format of the next stage's items; null after the last stage
 */
export function childrenOf(
  { stage, format }: Pick<PipelineStage, 'stage' | 'format'>,
  next: ItemFormat | null,
  item: Item,
  result: StageResult,
): Item[] {
  if (!next) return [];
  const { content, texts } = splitFields(format, item);
  const passedOn = (next.fields ?? []).map((name) => texts[format.fields!.indexOf(name)]!);
  return taskOf(stage)
    .children(stage, content, result, next)
    .map((child) => joinFields({ content: child, texts: passedOn }));
}
