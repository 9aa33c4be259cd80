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

/** How much longer a stage's batches take after a pause of their session, on each backend. */
export const batchPauses = z.array(
  z.strictObject({
    backend,
    /** Absent in older profiles, whose pauses are the means over all stages. */
    stage: name.optional(),
    pauses,
  }),
);
export type BatchPauses = z.infer<typeof batchPauses>;
