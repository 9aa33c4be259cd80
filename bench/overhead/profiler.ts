import { itemsOf, takeInTurn } from '../../models/items/item-batch.ts';
import type { Device } from '../../solver/documents/common.ts';
import { stageOfVariant } from '../../solver/documents/manifest.ts';
import { median } from '../../solver/math/statistics.ts';
import { batchRunner, warmUp } from '../../workers/profiler/measure.ts';
import { variantSpec } from '../../workers/stage/protocol.ts';
import type { Bench, OverheadRequest, OverheadWorker } from './types.ts';

/** Median inference times of one batch in one worker: measured by the profiler, and of bare runs. */
export interface CellOverhead {
  readonly stage: string;
  readonly variant: string;
  readonly batch: number;
  readonly n: number;
  readonly bareMs: number;
  readonly profilerMs: number;
}

/** Cells faster than this, in ms, are skipped, because the timer's resolution would be a large part of them. */
const BARE_MS_MIN = 1;
const RUNS_MIN = 6;

/** Compares every cell whose bare median is at least {@link BARE_MS_MIN}. */
export async function profilerOverhead(
  bench: Bench,
  { backend, batches, cellMs }: OverheadRequest,
): Promise<{ device: Device; cells: CellOverhead[] }> {
  const { models, environment, spawn, items } = bench;
  const pair = await spawn('overhead', 1);
  const { worker, bare } = pair;
  try {
    const cells: CellOverhead[] = [];
    for (const [s, pipelineStage] of models.pipeline.stages.entries())
      for (const variant of pipelineStage.stage.variants) {
        const stage = stageOfVariant(pipelineStage.stage, variant);
        const key = `${stage.name}/${variant.name}`;
        const files = await models.readModels(variant);
        await worker.load(variantSpec(pipelineStage, { variant: variant.name, backend }), files);
        await bare.bareLoad(key, files.model!, backend, 1);
        for (const batch of batches) {
          const prepared = await bare.barePrepare(key, stage, takeInTurn(items[s]!, 0, batch));
          const times = await interleaved(pair, key, items[s]!, batch, prepared, cellMs);
          if (times) cells.push({ stage: stage.name, variant: variant.name, batch, ...times });
        }
        await worker.release(key);
      }
    return { device: await environment.describe(worker.info), cells };
  } finally {
    worker.terminate();
  }
}

/**
 * Alternates single runs of both kinds, so that both have the same drift of the machine and the same pause before a run: runs
 * in a tight loop are some 0.05 ms faster than runs that each wait for a message.
 */
async function interleaved(
  { worker, bare }: OverheadWorker,
  key: string,
  items: readonly Uint8Array<ArrayBuffer>[],
  batch: number,
  prepared: number,
  cellMs: number,
) {
  const run = batchRunner(worker, key, () => itemsOf(takeInTurn(items, 0, batch)));
  await warmUp(run);
  const trial = await bare.bareRun(key, Array(4).fill(prepared));
  const expectedMs = median(trial.slice(1));
  // This trial is inexact, so a cell near the limit is skipped only by the median of all samples below.
  if (expectedMs < BARE_MS_MIN / 2) return undefined;
  const runs = Math.max(RUNS_MIN, Math.round(cellMs / (2 * expectedMs)));
  const samples = { profiler: [] as number[], bare: [] as number[] };
  for (let i = 0; i < runs; i++) {
    samples.bare.push(...(await bare.bareRun(key, [prepared])));
    samples.profiler.push((await run()).inferenceMs);
  }
  const bareMs = median(samples.bare);
  if (bareMs < BARE_MS_MIN) return undefined;
  return { n: samples.bare.length, bareMs, profilerMs: median(samples.profiler) };
}
