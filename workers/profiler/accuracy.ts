import type { Pipeline, PipelineStage } from '../../models/manifests/pipeline.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import { isLabelled, type LabelledPack, type Pack } from '../../models/packs/pack.ts';
import { confidenceOf } from '../../models/tasks/confidence.ts';
import { type ItemTruth, stageScore } from '../../models/tasks/judge.ts';
import { addScores, metricOf, NO_SCORE } from '../../models/tasks/score.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { LabelledAnswers, PathAnswers } from '../../solver/documents/answers.ts';
import { type Manifest, type ManifestStage, sizeBytesOf } from '../../solver/documents/manifest.ts';
import type { EndToEnd, FanOut, MeasuredScore } from '../../solver/documents/profile.ts';
import type { AccuracyPart, AccuracyWatch, RunVariant } from './accuracy-part.ts';
import { Combinations, combinationSteps, runInBatches } from './combinations.ts';

/** A variant's accuracy on the labelled items of its stage, and its answers to them if its task gives confidences. */
interface VariantAccuracy {
  readonly score: MeasuredScore;
  readonly answers?: LabelledAnswers | undefined;
}

export interface MeasuredAccuracy {
  readonly stages: Readonly<Record<string, Readonly<Record<string, VariantAccuracy>>>>;
  readonly fanOut: readonly FanOut[];
  readonly endToEnd: readonly EndToEnd[];
  readonly paths: readonly PathAnswers[];
}

/**
 * Measures on the labelled pack: the accuracy of each variant alone (on the labelled items of its stage), the accuracy of the
 * whole pipeline for every combination of variants (unless these are too many), and the fan-out of each stage. Without labels
 * nothing is measured.
 * @param known parts that an interrupted profile had measured
 */
export async function measureAccuracy(
  pipeline: Pipeline,
  pack: Pack,
  run: RunVariant,
  known: readonly AccuracyPart[],
  watch: AccuracyWatch,
): Promise<MeasuredAccuracy> {
  if (!isLabelled(pack)) return unmeasured(pipeline, pack);
  const stages = await stageAccuracies(pipeline, pack, run, known, watch);
  return { stages, ...(await new Combinations(pipeline, pack, run, known, watch).measure()) };
}

/** The result for a pack without labels: no accuracies, and one item per request in each stage, which plans then assume. */
const unmeasured = ({ stages }: Pipeline, { items }: Pack): MeasuredAccuracy => ({
  stages: {},
  fanOut: stages.map(({ name }) => ({ stage: name, upstream: {}, counts: items.lengths.map(() => 1) })),
  endToEnd: [],
  paths: [],
});

/** The steps of {@link measureAccuracy}, in order, each named by the variant that runs: `stage/variant`. */
export const accuracySteps = ({ stages }: Pick<Manifest, 'stages'>): string[] => [
  ...stages.flatMap((stage) => largestFirst(stage).map(({ name }) => `${stage.name}/${name}`)),
  ...combinationSteps(stages),
];

/** A stage's largest variants come first: they bound the time of the others, so that the time left is known early. */
const largestFirst = ({ variants }: ManifestStage) =>
  [...variants].sort((a, b) => sizeBytesOf(b) - sizeBytesOf(a));

async function stageAccuracies(
  pipeline: Pipeline,
  pack: LabelledPack,
  run: RunVariant,
  known: readonly AccuracyPart[],
  watch: AccuracyWatch,
) {
  const accuracies: Record<string, Record<string, VariantAccuracy>> = {};
  const labelled = await labelledItems(pack, pipeline);
  for (const [s, stage] of pipeline.stages.entries()) {
    const { items, truths } = labelled[s]!;
    const ofStage: Record<string, VariantAccuracy> = {};
    for (const { name } of largestFirst(stage.stage)) {
      const what = `${stage.name}/${name}`;
      const before = known.find(
        (part) => part.kind === 'variant-accuracy' && part.stage === stage.name && part.variant === name,
      );
      if (before?.kind === 'variant-accuracy') {
        const { score, answers } = before;
        ofStage[name] = { score, ...(answers && { answers }) };
        watch.recall(what);
        continue;
      }
      const { results } = await runInBatches(items, (batch) => run(stage.name, name, batch));
      const accuracy = accuracyOf(stage, results, truths);
      ofStage[name] = accuracy;
      watch.step(what);
      await watch.save({ kind: 'variant-accuracy', stage: stage.name, variant: name, ...accuracy });
    }
    accuracies[stage.name] = ofStage;
  }
  return accuracies;
}

function accuracyOf(
  stage: PipelineStage,
  results: readonly StageResult[],
  labels: readonly ItemTruth[],
): VariantAccuracy {
  const truths = labels.map(({ truth }) => truth);
  const scores = results.map((result, i) => stageScore(stage, result, truths[i]));
  const answers = results.flatMap((result, i): LabelledAnswers => {
    const confidence = confidenceOf(stage, result);
    const { earned, possible } = scores[i]!;
    return confidence === undefined ? [] : [[confidence, earned, possible]];
  });
  const others = stage.task.otherMetrics?.(results, truths);
  const value = metricOf(scores.reduce(addScores, NO_SCORE)) ?? 0;
  const score = { value, n: truths.length, ...(others && { others }) };
  return { score, ...(answers.length > 0 && { answers }) };
}
