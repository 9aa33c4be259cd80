import { z } from 'zod';
import { cpuBackend, gpuBackend, milliseconds, name, positiveCount } from './common.ts';

/** Delays by percentile, in rising order of percentiles. */
export const delays = z
  .array(z.strictObject({ percentile: z.number().min(0).max(100), delayMs: milliseconds }))
  .min(1);
export type Delays = z.infer<typeof delays>;

/**
 * How much longer a batch takes right after a batch of another session in the same worker, as a fraction of the time of its own
 * session's smallest batch. The extra time is the same for batches of all sizes, because the data to reload into the caches
 * depends on the session. Absent if both workers ran one stage, and in older profiles.
 */
const afterOther = z.number().nonnegative().optional();

/**
 * How much longer batches on a CPU take while another worker of the same backend and threads is busy: a batch that takes t alone
 * takes slowDown · (t + delay). Measured with two workers, alone and together.
 */
const cpuCoRun = z.strictObject({
  backend: cpuBackend,
  threads: positiveCount,
  /** The stage that both workers ran; absent if one ran the first stage and the other the last. */
  stage: name.optional(),
  /** Number of samples of the worker with fewer samples. */
  n: positiveCount,
  /** The delay at each percentile of the batches; short and long batches have the same delays. */
  delays,
  /**
   * How many times longer a batch takes, because the workers share caches and, with the thread that hands out batches, cores. The
   * profiler computes it from shorter and longer batches of the same sessions. Absent if no longer batches were measured, and in
   * older profiles, whose `delays` include this effect.
   */
  slowDown: z.number().min(1).optional(),
  afterOther,
  /** How late timers fire, while both workers are busy, in the thread that hands out the batches. Absent in older profiles. */
  lateness: delays.optional(),
  /**
   * Core time per batch of the thread that hands out the batches. Absent in older profiles and in profiles of a browser, which
   * cannot measure it.
   */
  hostMs: milliseconds.optional(),
});
export type CpuCoRun = z.infer<typeof cpuCoRun>;

/**
 * How many times longer batches on a GPU take while another worker is busy. It is a ratio, because two workers, each with a GPU
 * device of its own, share the GPU's time in slices.
 */
const gpuCoRun = z.strictObject({
  backend: gpuBackend,
  threads: z.literal(1),
  n: positiveCount,
  /**
   * For each round, the time of a batch while both workers are busy ÷ its time in one worker for both stages: 2 if the workers
   * only take turns, 1 if they do not disturb each other. Two workers have 2 ÷ this ratio times the throughput of one.
   */
  slowDowns: z.array(z.number().positive()).min(1),
  afterOther,
});
export type GpuCoRun = z.infer<typeof gpuCoRun>;

export const coRun = z.discriminatedUnion('backend', [cpuCoRun, gpuCoRun]);
export type CoRun = z.infer<typeof coRun>;
