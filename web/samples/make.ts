import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inGroups, itemsOf } from '../../models/items/item-batch.ts';
import { type LoadedManifest, loadManifest } from '../../models/manifests/load.ts';
import { childrenOf } from '../../models/manifests/pipeline.ts';
import { isLabelled } from '../../models/packs/pack.ts';
import { type ItemAnswer, requestScore, stageScore } from '../../models/tasks/judge.ts';
import { metricOf } from '../../models/tasks/score.ts';
import { ROOT } from '../../workers/command/root.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { type StageStep, StepByStep } from '../../workers/executor/step-by-step.ts';
import { fittingSample, itemCount, REQUESTS } from './fitting-sample.ts';
import type { Sample } from './sample.ts';

/**
 * Makes the samples of the pipelines that are named on the command line: `npx tsx web/samples/make.ts fashion mail`. A candidate
 * is one of the first requests of the pack that fits the picture, and for which the most accurate variants score at least
 * {@link RIGHT}, in the first stage and over all stages. The sample is the candidate with the most items and, among equals, the best
 * answers.
 */

/** The lowest score of a correct answer: below 1, because a generated text rarely equals its label letter by letter. */
const RIGHT = 0.9;

async function sampleOf(models: LoadedManifest): Promise<Sample> {
  const { pipeline, manifest } = models;
  const pack = await models.readPack();
  if (!isLabelled(pack)) throw new Error(`${manifest.name} has no labelled pack.`);
  const choices = manifest.stages.map(({ name, variants }) => {
    const [best] = [...variants].sort((a, b) => (b.accuracy ?? 0) - (a.accuracy ?? 0));
    return { name, variant: best!.name, backend: 'cpu' as const, threads: 1 };
  });
  const steps = await StepByStep.start(models, nodeEnvironment(), choices, new AbortController().signal);
  try {
    let best: Sample | undefined;
    let bestWorth = 0;
    for (const [i, item] of itemsOf(pack.items, REQUESTS).entries()) {
      const taken: StageStep[] = [];
      for await (const step of steps.answer(item)) taken.push(step);
      const answer = answerOf(taken);
      const truth = pack.truths[i]!;
      const scores = [
        requestScore(pipeline.first, answer, truth),
        stageScore(pipeline.first, answer.result!, truth.truth),
      ];
      const right = Math.min(...scores.map((score) => metricOf(score) ?? 0));
      const sample = fittingSample(taken);
      // A score is at most 1, so one more item always outweighs a better score.
      const worth = itemCount(taken) + right / 2;
      if (right >= RIGHT && sample && worth > bestWorth) [best, bestWorth] = [sample, worth];
    }
    if (best) return best;
  } finally {
    steps.close();
  }
  throw new Error(`No request of ${manifest.name} suits a sample.`);
}

/** The steps of a request as the tree of its results. */
const answerOf = (steps: readonly StageStep[]): ItemAnswer =>
  steps.reduceRight<ItemAnswer[]>((later, { stage, items, results }) => {
    const counts = results.map(
      (result, i) => childrenOf(stage, stage.next?.format ?? null, items[i]!, result).length,
    );
    const children = inGroups(later, counts);
    return results.map((result, i) => ({ result, children: children[i] ?? [] }));
  }, [])[0]!;

for (const name of process.argv.slice(2)) {
  const models = await loadManifest(
    join(ROOT, `models/${name}/manifest.json`),
    async (path) => new Uint8Array(await readFile(path)),
  );
  const sample = await sampleOf(models);
  const folder = join(ROOT, 'web/samples/data');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(sample)}\n`);
}
