import { z } from 'zod';
import type { StageResult } from '../../models/tasks/task.ts';
import { InvalidDocumentError, parseDocument } from '../../solver/documents/document.ts';
import { sum } from '../../solver/math/statistics.ts';
import type { StageRun } from '../../workers/stage/protocol.ts';

/** A batch that arrives from a gateway, or with a replica's answer. */
export const batchSchema = z
  .object({ lengths: z.array(z.int().nonnegative()), bytes: z.instanceof(Uint8Array<ArrayBuffer>) })
  .refine(({ lengths, bytes }) => sum(lengths) === bytes.length, 'its lengths are not those of its items');

/** A replica's answer to a batch. */
const runSchema = z
  .object({
    results: z.array(z.custom<StageResult>()),
    children: batchSchema,
    childCounts: z.array(z.int().nonnegative()),
  })
  .refine(
    ({ results, children, childCounts }) =>
      childCounts.length === results.length && sum(childCounts) === children.lengths.length,
    'its counts of children are not those of its batch',
  );

/**
 * Checks a replica's answer to a batch of `items` items.
 * @param source names the answer in errors
 * @throws InvalidDocumentError
 */
export function readRun(answer: unknown, items: number, source: string): StageRun {
  const run = parseDocument(runSchema, answer, source);
  const { length } = run.results;
  if (length !== items)
    throw new InvalidDocumentError(source, [`expected ${items} results, found ${length}`]);
  return run;
}
