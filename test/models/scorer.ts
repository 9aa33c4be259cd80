import { batchOf, type Item, itemsOf } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { childrenOf, type PipelineStage } from '../../models/manifests/pipeline.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import type { LabelledPack } from '../../models/packs/pack.ts';
import { type ItemAnswer, requestScore, stageScore } from '../../models/tasks/judge.ts';
import { addScores, metricOf, NO_SCORE, type Score } from '../../models/tasks/score.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import { sha256Of } from '../../solver/documents/manifest.ts';
import { getOrMake } from '../../solver/math/maps.ts';
import { runModel } from './run-model.ts';

const total = (scores: readonly Score[]) => metricOf(scores.reduce(addScores, NO_SCORE))!;

/**
 * The results of first stages on packs, by pack and variant. Tests share them, because they take seconds: a test of a stage alone
 * needs the same results as tests of pipelines with that first stage and pack.
 */
const ofPacks = new Map<string, Promise<StageResult[]>>();

/** Returns functions that run the real models of a pipeline on its labelled pack, and score them. */
export async function scorerOf({ manifest, pipeline, readModels, readPack }: LoadedManifest) {
  const pack = (await readPack()) as LabelledPack;
  const { first } = pipeline;

  function resultsOf(stage: PipelineStage, variant: string, items: readonly Item[]) {
    const run = async () => runModel(await readModels(stage.variant(variant)), stage, batchOf(items));
    if (stage !== first) return run();
    return getOrMake(ofPacks, `${manifest.pack!.sha256} ${sha256Of(first.variant(variant))}`, run);
  }

  /** Answers to items by a stage and all stages after it. @param variants one for each of these stages, in order */
  async function answersOf(
    stage: PipelineStage,
    [variant, ...others]: readonly string[],
    items: readonly Item[],
  ): Promise<ItemAnswer[]> {
    const results = await resultsOf(stage, variant!, items);
    const { next } = stage;
    if (!next) return results.map((result) => ({ result, children: [] }));
    const passedOn = results.map((result, i) => childrenOf(stage, next.format, items[i]!, result));
    const later = await answersOf(next, others, passedOn.flat());
    return results.map((result, i) => ({ result, children: later.splice(0, passedOn[i]!.length) }));
  }

  return {
    /** The score of a variant on the items that the stages before pass on if they make no error. */
    async alone(stage: PipelineStage, variant: string): Promise<number> {
      const { items, truths } = (await labelledItems(pack, pipeline))[pipeline.stages.indexOf(stage)]!;
      const results = await resultsOf(stage, variant, items);
      return total(results.map((result, i) => stageScore(stage, result, truths[i]!.truth)));
    },
    /** The score of the whole pipeline. @param variants one for each stage */
    async endToEnd(...variants: readonly string[]): Promise<number> {
      const answers = await answersOf(first, variants, itemsOf(pack.items));
      return total(answers.map((answer, i) => requestScore(first, answer, pack.truths[i]!)));
    },
  };
}
