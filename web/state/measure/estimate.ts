import { inputValues } from '../../../models/tasks/registry.ts';
import { type Manifest, sizeBytesOf } from '../../../solver/documents/manifest.ts';
import { cellsOfBatch } from '../../../workers/profiler/cells.ts';
import { coRunPairs } from '../../../workers/profiler/co-run-plan.ts';
import type { ProfileSettings } from '../../../workers/profiler/types.ts';

/** Bytes of memory of a worker with ONNX Runtime. Chromium's `measureUserAgentSpecificMemory` reports 21 to 30 MB. */
const RUNTIME_BYTES = 30e6;
/** A value of an input tensor has at most this many bytes. */
const VALUE_BYTES = 8;
/** A worker holds a model twice: as a file, and as weights in its session. */
const MODEL_COPIES = 2;
/** Milliseconds to start a worker. */
const WORKER_MS = 1500;
/** Milliseconds to create the session of one variant in a worker. */
const SESSION_MS = 150;
/** Milliseconds to run the labelled pack on the reference backend, per variant and per combination of variants. */
const ACCURACY_MS = 250;

/**
 * Estimates upper bounds of the time, memory and download of a profile before cells have been measured, with constants of a slow
 * machine.
 */
export function estimate(manifest: Manifest, settings: ProfileSettings) {
  const variants = manifest.stages.flatMap((stage) => stage.variants);
  const modelBytes = variants.reduce((sum, variant) => sum + sizeBytesOf(variant), 0);
  const keys = settings.batches.flatMap((batch) => cellsOfBatch(manifest, settings, batch));
  // The reference backend always has a worker. Measuring two workers side by side needs another one.
  const ids = new Set(keys.map(({ backend, threads }) => `${backend}/${threads}`)).add('wasm/1');
  const hasPairs = keys.some(({ backend }) => coRunPairs(manifest.stages.length, backend) > 0);
  const workers = ids.size + (hasPairs ? 1 : 0);
  const largest = Math.max(...settings.batches);
  const inputBytes = largest * Math.max(...manifest.stages.map((stage) => VALUE_BYTES * inputValues(stage)));
  const choices = manifest.stages.reduce((product, stage) => product * stage.variants.length, 1);
  const setUpMs = workers * (WORKER_MS + variants.length * SESSION_MS);
  return {
    // An upper bound, because the profiler skips larger batches that gain nothing.
    cells: keys.length,
    modelBytes,
    workers,
    memoryBytes: workers * (RUNTIME_BYTES + MODEL_COPIES * modelBytes + inputBytes),
    timeMs: 1000 * settings.budgetS + setUpMs + (variants.length + choices) * ACCURACY_MS,
  };
}
