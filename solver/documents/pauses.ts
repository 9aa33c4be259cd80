import { z } from 'zod';
import { delays } from './co-run.ts';
import { backend, name, positiveCount } from './common.ts';

/**
 * How much longer something takes after a pause, in rising order of pauses: the processes that do it have slept, and other work has
 * displaced their data from the caches.
 */
export const pauses = z
  .array(z.strictObject({ pauseMs: z.number().positive(), n: positiveCount, delays }))
  .min(1);
export type Pauses = z.infer<typeof pauses>;

/** How the time of a stage's batches depends on what their worker did before, on each backend. */
export const batchPauses = z.array(
  z.strictObject({
    backend,
    /** Absent in older profiles, whose pauses are the means over all stages. */
    stage: name.optional(),
    /** How much longer a batch takes after a pause of its session. */
    pauses,
    /**
     * The share of a batch's handling that overlaps the batch before, where the worker gets the batch during that one. Absent in
     * older profiles, and where the budget had no time for it.
     */
    overlap: z.number().min(0).max(1).optional(),
  }),
);
export type BatchPauses = z.infer<typeof batchPauses>;
