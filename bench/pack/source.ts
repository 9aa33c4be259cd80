import type { z } from 'zod';
import type { ItemFormatOf, ItemKind } from '../../models/items/item-format.ts';
import type { Pipeline } from '../../models/manifests/pipeline.ts';
import { parseJson } from '../../solver/documents/document.ts';
import { seededRandom, shuffled } from '../../solver/math/random.ts';
import { readAtMost } from '../../workers/command/files.ts';
import { message } from '../../workers/runtime/errors.ts';
import { UnfitDataError } from './unfit.ts';

/** What all sources of labelled data share. */

export interface SourceOptions {
  readonly pipeline: Pipeline;
  /** Most items to use. If there are more, a random sample is drawn. */
  readonly limit: number;
  readonly seed: number;
  onItem(done: number, total: number): void;
}

/** Item format of the first stage. @throws UnfitDataError if the first stage takes another kind of items */
export function formatOf<K extends ItemKind>(
  { first: { name, stage, task } }: Pipeline,
  kind: K,
  where: string,
) {
  const format = task.itemFormat(stage);
  if (format.kind === kind) return format as ItemFormatOf<K>;
  throw new UnfitDataError(
    where,
    `it has ${kind}, but stage "${name}" takes ${format.kind}`,
    'Give labelled data of the kind that the first stage takes.',
  );
}

/** Random sample of at most `limit` values, in their order. @throws UnfitDataError if there are none */
export function chosen<T>(values: readonly T[], { limit, seed }: SourceOptions, where: string): T[] {
  if (values.length === 0)
    throw new UnfitDataError(where, 'it has no labelled items', 'Give another source.');
  const keep = new Set(shuffled(values, seededRandom(seed)).slice(0, limit));
  return values.filter((value) => keep.has(value));
}

/** Longest text that is read: COCO's longest file has 450 MB, and JavaScript holds no text of more than 536 million characters. */
const TEXT_BYTES_MAX = 500_000_000;

/** Reads a file of labels as text. @throws UnfitDataError if it cannot be read */
export async function readText(file: string): Promise<string> {
  const bytes = await readAtMost(file, TEXT_BYTES_MAX).catch((cause) => {
    throw new UnfitDataError(file, `it cannot be read (${message(cause)})`, 'Give another file.');
  });
  return new TextDecoder().decode(bytes);
}

/** Reads a file of JSON lines. Each value has its place in the file for errors. @throws InvalidDocumentError */
export async function readLines<T extends object>(
  schema: z.ZodType<T>,
  file: string,
): Promise<(T & { readonly where: string })[]> {
  const lines = (await readText(file)).split('\n');
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    const where = `${file}, line ${i + 1}`;
    return [{ ...parseJson(schema, line, where), where }];
  });
}
