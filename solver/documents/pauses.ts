import { z } from 'zod';
import { delays } from './co-run.ts';
import { backend, name, positiveCount } from './common.ts';

/**
 * How much longer a request or a batch takes after a pause, in rising order of pauses. In a pause, the processes sleep, and other
 * work displaces their data from the caches.
 */
export const pauses = z
  .array(z.strictObject({ pauseMs: z.number().positive(), n: positiveCount, delays }))
  .min(1);
export type Pauses = z.infer<typeof pauses>;

/** How the time of a stage's batches depends on what their worker did before, on each backend. */
export const batchPauses = z.array(
  z.strictObject({
    backend,
    /** The stage of the batches. Absent in older profiles, whose pauses are the means over all stages. */
    stage: name.optional(),
    /** How much longer a batch takes after a pause of its session. */
    pauses,
    /**
     * The share of a batch's handling that passes while the worker still runs the batch before, if it gets the batch that early.
     * Absent in older profiles, and if the budget had no time to measure it.
     */
    overlap: z.number().min(0).max(1).optional(),
  }),
);
export type BatchPauses = z.infer<typeof batchPauses>;
