import type { z } from 'zod';
import { parseJson } from '../../../solver/documents/document.ts';
import { seededRandom, shuffled } from '../../../solver/math/random.ts';
import { cropped } from '../../items/crop.ts';
import type { Item } from '../../items/item-batch.ts';
import type { ItemFormatOf, ItemKind } from '../../items/item-format.ts';
import type { Pipeline, PipelineStage } from '../../manifests/pipeline.ts';
import { UnfitDataError } from './unfit.ts';

/** Types and helpers that all sources of labelled data share. */

/** Access to the files of labelled data, on a disk or as a user gave them to the page. */
export interface SourceFiles {
  /** Sorted paths of all files in a folder and its subfolders; each begins with `folder`. Null if `folder` is not a folder. */
  list(folder: string): Promise<readonly string[] | null>;
  /** @throws UnfitDataError if the file is no text in UTF-8 */
  text(path: string): Promise<string>;
  bytes(path: string): Promise<Uint8Array>;
  /**
   * Reads a picture and resizes it to a stage's format, in the same way as stages resize crops.
   * @returns the resized picture as an item, and the original width and height in pixels
   * @throws UnfitDataError if the file cannot be read as a picture
   */
  picture(path: string, format: ItemFormatOf<'pixels'>, fit: Fit): Promise<SizedPicture>;
}

/** The text in a file's bytes. @throws UnfitDataError if it is not in UTF-8, because a pack would have other letters */
export function textIn(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UnfitDataError(path, 'it is no text in UTF-8', 'Save it in the encoding UTF-8.', { cause });
  }
}

/** `centre` cuts out the largest central rectangle with the format's aspect ratio; `stretch` keeps the whole picture. */
export type Fit = 'centre' | 'stretch';

/** How pictures become items of a stage: a stage that finds objects sees a whole picture, and a classifier the picture's centre. */
export const fitOf = ({ stage, task }: PipelineStage): Fit =>
  task.fanOut(stage) === 'each-row' ? 'stretch' : 'centre';

export interface SizedPicture {
  readonly item: Item;
  readonly width: number;
  readonly height: number;
}

/** Resizes a picture to an item of a stage's format. @param planes R, G and B of the whole picture, plane after plane */
export function fitted(
  planes: Uint8Array,
  width: number,
  height: number,
  to: ItemFormatOf<'pixels'>,
  fit: Fit,
): SizedPicture {
  const scale = Math.min(width / to.width, height / to.height);
  const [w, h] = fit === 'centre' ? [scale * to.width, scale * to.height] : [width, height];
  const box = { x0: (width - w) / 2, y0: (height - h) / 2, x1: (width + w) / 2, y1: (height + h) / 2 };
  return { item: cropped(planes, { channels: 3, height, width }, box, to), width, height };
}

export interface SourceOptions {
  readonly pipeline: Pipeline;
  readonly files: SourceFiles;
  /** Maximum number of items. If there are more, a random sample is drawn. */
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

/** Draws a random sample of at most min(`limit`, `most`) values, in their order. @throws UnfitDataError if there are no values */
export function chosen<T>(
  values: readonly T[],
  { limit, seed }: SourceOptions,
  where: string,
  most = limit,
): T[] {
  if (values.length === 0)
    throw new UnfitDataError(where, 'it has no labelled items', 'Give another source.');
  const keep = new Set(shuffled(values, seededRandom(seed)).slice(0, Math.min(limit, most)));
  return values.filter((value) => keep.has(value));
}

/** Reads a file of JSON lines. `where` of each value is its place in the file, for errors. @throws InvalidDocumentError */
export async function readLines<T extends object>(
  schema: z.ZodType<T>,
  file: string,
  files: SourceFiles,
): Promise<(T & { readonly where: string })[]> {
  const lines = (await files.text(file)).split('\n');
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    const where = `${file}, line ${i + 1}`;
    return [{ ...parseJson(schema, line, where), where }];
  });
}
