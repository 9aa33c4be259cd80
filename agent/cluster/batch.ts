import { z } from 'zod';
import type { StageResult } from '../../models/tasks/task.ts';
import { sum } from '../../solver/math/statistics.ts';

/** A batch that arrives from a gateway, or with a replica's answer. */
export const batchSchema = z
  .object({ lengths: z.array(z.int().nonnegative()), bytes: z.instanceof(Uint8Array<ArrayBuffer>) })
  .refine(({ lengths, bytes }) => sum(lengths) === bytes.length, 'its lengths are not those of its items');

/** A replica's answer to a batch of `items` items. */
export const runSchema = (items: number) =>
  z
    .object({
      results: z.array(z.custom<StageResult>()).length(items),
      children: batchSchema,
      childCounts: z.array(z.int().nonnegative()).length(items),
    })
    .refine(
      ({ children, childCounts }) => sum(childCounts) === children.lengths.length,
      'its counts of children are not those of its batch',
    );
