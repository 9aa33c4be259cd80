import type { Manifest } from '../../../models/manifests/manifest.ts';
import { cellsOfBatch } from '../../../workers/profiler/cells.ts';
import type { ProfileSettings } from '../../../workers/profiler/types.ts';

export interface ProfileEstimate {
  /** The most there can be: a sweep ends where larger batches gain nothing. */
  readonly cells: number;
  readonly modelBytes: number;
  readonly workers: number;
  readonly memoryBytes: number;
  readonly timeMs: number;
}

/** Of a worker with ONNX Runtime, as Chromium tells it (`measureUserAgentSpecificMemory`): 21 to 30 MB. */
const RUNTIME_BYTES = 30e6;
/** A model's file is held beside the weights that a session makes of it. */
const MODEL_COPIES = 2;
/** To load a worker and to make a session of each variant in it, beside what its files take. */
const WORKER_MS = 1500;
const SESSION_MS = 150;
/** On the reference backend, per variant and choice of variants: the labelled pack once through. */
const ACCURACY_MS = 250;

/** What a profile will take at most, from constants of a slow machine: the true figures come with the first cells. */
export function estimate(manifest: Manifest, settings: ProfileSettings): ProfileEstimate {
  const variants = manifest.stages.flatMap((stage) => stage.variants);
  const modelBytes = variants.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const keys = settings.batches.flatMap((batch) => cellsOfBatch(manifest, settings, batch));
  // The reference backend's worker is always there; two run side by side at the end.
  const ids = new Set(keys.map(({ backend, threads }) => `${backend}/${threads}`)).add('wasm/1');
  const workers = ids.size + (manifest.stages.length > 1 ? 1 : 0);
  const largest = Math.max(...settings.batches);
  const inputBytes = Math.max(
    ...manifest.stages.map(
      ({ input: { channels, height, width } }) => 4 * channels * height * width * largest,
    ),
  );
  const choices = manifest.stages.reduce((product, stage) => product * stage.variants.length, 1);
  const setUpMs = workers * (WORKER_MS + variants.length * SESSION_MS);
  return {
    cells: keys.length,
    modelBytes,
    workers,
    memoryBytes: workers * (RUNTIME_BYTES + MODEL_COPIES * modelBytes + inputBytes),
    timeMs: 1000 * settings.budgetS + setUpMs + (variants.length + choices) * ACCURACY_MS,
  };
}
