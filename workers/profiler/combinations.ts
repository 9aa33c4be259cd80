import { type Item, inGroups, itemsOf } from '../../models/items/item-batch.ts';
import { sizeOf } from '../../models/items/item-format.ts';
import type { Pipeline, PipelineStage } from '../../models/manifests/pipeline.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import type { LabelledPack } from '../../models/packs/pack.ts';
import { confidenceOf } from '../../models/tasks/confidence.ts';
import {
  answersByStage,
  type ItemAnswer,
  lastStagePoints,
  pipelineMetric,
  requestScore,
} from '../../models/tasks/judge.ts';
import { addScores, metricOf, NO_SCORE } from '../../models/tasks/score.ts';
import type { PathAnswers } from '../../solver/documents/answers.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import type { EndToEnd, FanOut } from '../../solver/documents/profile.ts';
import { sum } from '../../solver/math/statistics.ts';
import type { StageRun } from '../stage/protocol.ts';
import type { AccuracyPart, AccuracyWatch, RunVariant } from './accuracy-part.ts';

/** Largest number of combinations of variants that are measured, because each stage multiplies their number. */
const COMBINATIONS_MAX = 512;
/** Items per batch while accuracy is measured. */
const BATCH = 16;

type Variants = Readonly<Record<string, string>>;

/** A stage's results for all its items, in order, and for each item the number of the next stage's items. */
type StageResults = Pick<StageRun, 'results' | 'childCounts'>;

/** The pack's results after the first stages of the pipeline, each of which ran with one variant. */
interface PartialRun {
  readonly variants: Variants;
  /** Results of each stage that has run, in order. */
  readonly results: readonly StageResults[];
  /** Items of the next stage, in the order of the requests. */
  readonly items: readonly Item[];
  /** Number of `items` of each request. */
  readonly counts: readonly number[];
}

/**
 * Runs the pack through every combination of variants, depth-first, so that combinations that begin with the same variants share
 * the results of those variants. After an interruption, only the stages of the missing combinations run again.
 */
export class Combinations {
  readonly #fanOut = new Map<string, FanOut>();
  readonly #endToEnd = new Map<string, EndToEnd>();
  readonly #paths = new Map<string, PathAnswers>();
  /** Number of stages, from the first on, whose variants are combined. More stages would make too many combinations. */
  readonly #depth: number;

  /** @param known parts that an interrupted profile had measured */
  constructor(
    private readonly pipeline: Pipeline,
    private readonly pack: LabelledPack,
    private readonly run: RunVariant,
    known: readonly AccuracyPart[],
    private readonly watch: AccuracyWatch,
  ) {
    this.#depth = depthOf(pipeline.stages.map(({ stage }) => stage));
    for (const part of known) {
      if (part.kind === 'fan-out') this.#fanOut.set(fanOutKey(part.fanOut), part.fanOut);
      if (part.kind === 'path') this.#paths.set(pathKey(part.path), part.path);
      if (part.kind === 'combination') this.#endToEnd.set(variantsKey(part.endToEnd.variants), part.endToEnd);
    }
  }

  /** Measures each stage's fan-out, each whole combination's accuracy, and the confidences of each stage in each combination. */
  async measure(): Promise<{
    readonly fanOut: FanOut[];
    readonly endToEnd: EndToEnd[];
    readonly paths: PathAnswers[];
  }> {
    const { items, truths } = this.pack;
    await this.#goOn({ variants: {}, results: [], items: itemsOf(items), counts: truths.map(() => 1) });
    const order = this.pipeline.stages.map(({ name }) => name);
    const all = [...this.#fanOut.values(), ...(await this.#labelledFanOut())];
    return {
      fanOut: all.sort((a, b) => order.indexOf(a.stage) - order.indexOf(b.stage)),
      endToEnd: [...this.#endToEnd.values()],
      paths: [...this.#paths.values()],
    };
  }

  /** Runs all combinations that begin with these variants. */
  async #goOn(before: PartialRun): Promise<void> {
    const { stages } = this.pipeline;
    const next = stages[before.results.length];
    if (!next) return this.#saveEndToEnd(before);
    await this.#saveFanOut(before, next);
    if (before.results.length === this.#depth) return;
    for (const { name: variant } of next.stage.variants) {
      const variants = { ...before.variants, [next.name]: variant };
      if (this.#isKnown(variants)) this.#recall(variants);
      else {
        const longer = await advance(before, next.name, variant, this.run);
        this.watch.step(`${next.name}/${variant}`);
        await this.#savePath(longer);
        await this.#goOn(longer);
      }
    }
  }

  async #saveFanOut({ variants, items, counts }: PartialRun, next: PipelineStage): Promise<void> {
    const place = { stage: next.name, upstream: this.#varying(variants) };
    const key = fanOutKey(place);
    if (this.#fanOut.has(key)) return;
    const fanOut = { ...place, counts: [...counts], ...sizesOf(next, items) };
    this.#fanOut.set(key, fanOut);
    await this.watch.save({ kind: 'fan-out', fanOut });
  }

  /**
   * The fan-out, by the labels, of the stages that no combination reaches. A stage that gets one item for each item of the stage
   * before it has no entry, because the fan-out of the stage before counts for it.
   */
  async #labelledFanOut(): Promise<FanOut[]> {
    const labelled = await labelledItems(this.pack, this.pipeline);
    return this.pipeline.stages.flatMap((before, s) => {
      if (s < this.#depth || !before.next || before.task.fanOut(before.stage) === 'one') return [];
      const { items, requests } = labelled[s + 1]!;
      const counts = this.pack.truths.map(() => 0);
      for (const request of requests) counts[request]!++;
      return [{ stage: before.next.name, upstream: {}, counts, ...sizesOf(before.next, items) }];
    });
  }

  /** Saves the confidences of the stage that ran last and, if it is the pipeline's last stage, the points of each answer. */
  async #savePath({ variants, results }: PartialRun): Promise<void> {
    const { pipeline, pack } = this;
    const stage = pipeline.stages[results.length - 1]!;
    const confidences = results.at(-1)!.results.flatMap((result) => confidenceOf(stage, result) ?? []);
    if (confidences.length === 0) return;
    const { [stage.name]: variant, ...upstream } = variants;
    const earned = answersOf(results).flatMap((answer, i) => {
      if (stage.next) return [];
      const points = lastStagePoints(pipeline.first, answer, pack.truths[i]!);
      const last = answersByStage(answer, results.length).at(-1)!;
      return last.map((item) => points.get(item) ?? 0);
    });
    const path = {
      stage: stage.name,
      variant: variant!,
      upstream,
      confidences,
      ...(stage.next === null && { earned }),
    };
    this.#paths.set(pathKey(path), path);
    await this.watch.save({ kind: 'path', path });
  }

  async #saveEndToEnd({ variants, results }: PartialRun): Promise<void> {
    const { pipeline, pack } = this;
    const scores = answersOf(results).map((answer, i) =>
      requestScore(pipeline.first, answer, pack.truths[i]!),
    );
    const endToEnd: EndToEnd = {
      variants,
      metric: pipelineMetric(pipeline.first),
      value: metricOf(scores.reduce(addScores, NO_SCORE)) ?? 0,
      n: pack.truths.length,
      scores: scores.map(({ earned, possible }) => [earned, possible]),
    };
    this.#endToEnd.set(variantsKey(variants), endToEnd);
    await this.watch.save({ kind: 'combination', endToEnd });
  }

  /**
   * The variants of those stages that can change a later stage's fan-out: all but the stages that always give one item of the
   * next stage per item.
   */
  #varying(variants: Variants): Variants {
    const varying = this.pipeline.stages.filter(
      ({ name, task, stage }) => name in variants && task.fanOut(stage) !== 'one',
    );
    return Object.fromEntries(varying.map(({ name }) => [name, variants[name]!]));
  }

  /** Whether all combinations that begin with these variants have been measured. */
  #isKnown(variants: Variants): boolean {
    const next = this.pipeline.stages[Object.keys(variants).length];
    if (!next) return this.#endToEnd.has(variantsKey(variants));
    if (!this.#fanOut.has(fanOutKey({ stage: next.name, upstream: this.#varying(variants) }))) return false;
    return this.#longer(variants).every((longer) => this.#isKnown(longer));
  }

  /** Reports the steps of combinations that were measured before an interruption. */
  #recall(variants: Variants): void {
    const [stage, variant] = Object.entries(variants).at(-1)!;
    this.watch.recall(`${stage}/${variant}`);
    for (const longer of this.#longer(variants)) this.#recall(longer);
  }

  /** All ways to extend the variants by a variant of the next stage. */
  #longer(variants: Variants): Variants[] {
    const at = Object.keys(variants).length;
    const next = this.pipeline.stages[at];
    if (!next || at === this.#depth) return [];
    return next.stage.variants.map(({ name }) => ({ ...variants, [next.name]: name }));
  }
}

/** The sizes of a stage's items; nothing if all are equal. */
function sizesOf({ format }: PipelineStage, items: readonly Item[]): Pick<FanOut, 'sizes'> {
  const sizes = items.map((item) => sizeOf(format, item));
  return new Set(sizes).size > 1 ? { sizes } : {};
}

const variantsKey = (variants: Variants): string => JSON.stringify(Object.entries(variants).sort());

const fanOutKey = ({ stage, upstream }: Pick<FanOut, 'stage' | 'upstream'>): string =>
  `${stage} ${variantsKey(upstream)}`;

const pathKey = ({ stage, variant, upstream }: PathAnswers): string =>
  `${stage} ${variantsKey({ ...upstream, [stage]: variant })}`;

/** Number of stages, from the first on, whose variants have at most {@link COMBINATIONS_MAX} combinations. */
function depthOf(stages: Manifest['stages']): number {
  let combinations = 1;
  const past = stages.findIndex(({ variants }) => {
    combinations *= variants.length;
    return combinations > COMBINATIONS_MAX;
  });
  return past < 0 ? stages.length : past;
}

/** The steps of measuring all combinations, each named by the variant that runs. */
export function combinationSteps(stages: Manifest['stages']): string[] {
  const depth = depthOf(stages);
  const from = (at: number): string[] =>
    at === depth
      ? []
      : stages[at]!.variants.flatMap(({ name }) => [`${stages[at]!.name}/${name}`, ...from(at + 1)]);
  return from(0);
}

/** Runs the next stage on the items of a partial run. */
async function advance(
  before: PartialRun,
  stage: string,
  variant: string,
  run: RunVariant,
): Promise<PartialRun> {
  const { results, children, childCounts } = await runInBatches(before.items, (batch) =>
    run(stage, variant, batch),
  );
  return {
    variants: { ...before.variants, [stage]: variant },
    results: [...before.results, { results, childCounts }],
    items: children,
    counts: inGroups(childCounts, before.counts).map(sum),
  };
}

/** Runs items in batches and joins the batches' results. */
export async function runInBatches(
  items: readonly Item[],
  run: (items: readonly Item[]) => Promise<StageRun>,
) {
  const runs: StageRun[] = [];
  for (let from = 0; from < items.length; from += BATCH)
    runs.push(await run(items.slice(from, from + BATCH)));
  return {
    results: runs.flatMap((r) => r.results),
    children: runs.flatMap((r) => itemsOf(r.children)),
    childCounts: runs.flatMap((r) => r.childCounts),
  };
}

/** The answer to every request: each result joined with the later stages' results for the items that follow from it. */
const answersOf = (stages: readonly StageResults[]): ItemAnswer[] =>
  stages.reduceRight<ItemAnswer[]>((later, { results, childCounts }) => {
    const children = inGroups(later, childCounts);
    return results.map((result, i) => ({ result, children: children[i] ?? [] }));
  }, []);
