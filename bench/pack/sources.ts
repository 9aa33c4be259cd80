import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { batchOf, type Item } from '../../models/items/item-batch.ts';
import type { ItemFormatOf, ItemKind } from '../../models/items/item-format.ts';
import type { Pipeline, PipelineStage } from '../../models/manifests/pipeline.ts';
import { type NamedTensor, textTensors } from '../../models/packs/write.ts';
import { parseJson } from '../../solver/documents/document.ts';
import { seededRandom, shuffled } from '../../solver/math/random.ts';
import { classifyingStages, labelOf, UnfitDataError } from './labels.ts';
import { readPicture } from './pictures.ts';

/** Labelled data on disk, as the tensors of a pack. */

export interface SourceOptions {
  readonly pipeline: Pipeline;
  /** Most items to use. If there are more, a random sample is drawn. */
  readonly limit: number;
  readonly seed: number;
  onItem(done: number, total: number): void;
}

const PICTURE = /\.(jpe?g|png|webp|avif|gif|tiff?)$/i;

/** Item format of the first stage. @throws UnfitDataError if the first stage takes another kind of items */
function formatOf<K extends ItemKind>({ first: { name, stage, task } }: Pipeline, kind: K, where: string) {
  const format = task.itemFormat(stage);
  if (format.kind === kind) return format as ItemFormatOf<K>;
  throw new UnfitDataError(
    where,
    `it has ${kind}, but stage "${name}" takes ${format.kind}`,
    'Give labelled data of the kind that the first stage takes.',
  );
}

/** Random sample of at most `limit` values, in their order. @throws UnfitDataError if there are none */
function chosen<T>(values: readonly T[], { limit, seed }: SourceOptions, where: string): T[] {
  if (values.length === 0)
    throw new UnfitDataError(where, 'it has no labelled items', 'Give another source.');
  const keep = new Set(shuffled(values, seededRandom(seed)).slice(0, limit));
  return values.filter((value) => keep.has(value));
}

const i32 = (name: string, values: readonly number[]): NamedTensor => ({
  name,
  shape: [values.length],
  data: Int32Array.from(values),
});

function imagesTensor(
  items: readonly Item[],
  { channels, height, width }: ItemFormatOf<'pixels'>,
): NamedTensor {
  return { name: 'images', shape: [items.length, channels, height, width], data: batchOf(items).bytes };
}

/** Label tensors of the stages that have classes. @param labelsOf class index of each of the stage's rows */
const labelTensors = (
  { stages }: Pipeline,
  labelsOf: (stage: PipelineStage) => readonly number[],
  nameOf = ({ name }: PipelineStage) => `label.${name}`,
): NamedTensor[] => classifyingStages(stages).map((stage) => i32(nameOf(stage), labelsOf(stage)));

/** Reads pictures from folders named after their classes, for a pipeline of classifiers. @throws UnfitDataError */
export async function fromFolders(folder: string, options: SourceOptions): Promise<NamedTensor[]> {
  const { pipeline } = options;
  const format = formatOf(pipeline, 'pixels', folder);
  if (pipeline.first.task.fanOut(pipeline.first.stage) === 'each-row')
    throw new UnfitDataError(
      folder,
      `stage "${pipeline.first.name}" finds objects, and folders of classes have no boxes`,
      'Give boxes in the COCO format (--coco).',
    );
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && PICTURE.test(entry.name) && entry.parentPath !== folder)
    .map((entry) => ({
      path: join(entry.parentPath, entry.name),
      name: entry.parentPath.slice(folder.length).split(/[\\/]/).filter(Boolean)[0]!,
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const pictures = chosen(files, options, folder);
  const items: Item[] = [];
  for (const { path } of pictures) {
    items.push((await readPicture(path, format, 'centre')).item);
    options.onItem(items.length, pictures.length);
  }
  return [
    imagesTensor(items, format),
    ...labelTensors(pipeline, (stage) => pictures.map(({ name, path }) => labelOf(stage, name, path))),
  ];
}

const id = z.number();
const cocoSchema = z.object({
  images: z.array(z.object({ id, file_name: z.string() })),
  annotations: z.array(
    z.object({
      image_id: id,
      category_id: id,
      /** x, y, width and height of the box, in pixels. */
      bbox: z.tuple([z.number(), z.number(), z.number().positive(), z.number().positive()]),
      iscrowd: z.number().optional(),
    }),
  ),
  categories: z.array(z.object({ id, name: z.string() })),
});

/** Reads pictures with boxes in COCO format, if the first stage is a detector. @throws UnfitDataError, InvalidDocumentError */
export async function fromCoco(file: string, folder: string, options: SourceOptions): Promise<NamedTensor[]> {
  const { pipeline } = options;
  const format = formatOf(pipeline, 'pixels', file);
  const { images, annotations, categories } = parseJson(cocoSchema, await readFile(file, 'utf8'), file);
  const names = new Map(categories.map((category) => [category.id, category.name]));
  const byImage = new Map<number, typeof annotations>();
  for (const annotation of annotations) {
    if (annotation.iscrowd) continue; // a crowd is one box around many objects
    const own = byImage.get(annotation.image_id);
    if (own) own.push(annotation);
    else byImage.set(annotation.image_id, [annotation]);
  }
  const pictures = chosen(images, options, file);
  const items: Item[] = [];
  const boxes: number[] = [];
  const owners: number[] = [];
  const objects: string[] = [];
  for (const [i, image] of pictures.entries()) {
    const { item, width, height } = await readPicture(join(folder, image.file_name), format, 'none');
    items.push(item);
    const [sx, sy] = [format.width / width, format.height / height];
    for (const { category_id, bbox } of byImage.get(image.id) ?? []) {
      const [x, y, w, h] = bbox;
      const box = [
        x * sx,
        y * sy,
        Math.min(format.width, (x + w) * sx),
        Math.min(format.height, (y + h) * sy),
      ];
      boxes.push(...box);
      owners.push(i);
      objects.push(names.get(category_id) ?? `category ${category_id}`);
    }
    options.onItem(items.length, pictures.length);
  }
  return [
    imagesTensor(items, format),
    { name: 'boxes', shape: [owners.length, 4], data: Float32Array.from(boxes) },
    i32('object_image', owners),
    ...labelTensors(
      pipeline,
      (stage) => objects.map((name) => labelOf(stage, name, file)),
      (stage) => (stage === pipeline.first ? 'object_label' : `label.${stage.name}`),
    ),
  ];
}

/** @throws UnfitDataError if a text is longer than the first stage accepts */
function checkText(text: string, bytesMax: number, where: string): void {
  const { length } = new TextEncoder().encode(text);
  if (length > bytesMax)
    throw new UnfitDataError(where, `the text has ${length} bytes, at most ${bytesMax} fit`, 'Shorten it.');
}

const textSchema = z.object({ text: z.string().min(1), labels: z.record(z.string(), z.string()) });

/** Reads texts as JSON lines, `{"text": "…", "labels": {"<stage>": "<class>"}}`. @throws UnfitDataError, InvalidDocumentError */
export async function fromTexts(file: string, options: SourceOptions): Promise<NamedTensor[]> {
  const { pipeline } = options;
  const { bytesMax } = formatOf(pipeline, 'text', file);
  const lines = (await readFile(file, 'utf8')).split('\n');
  const all = lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    const where = `${file}, line ${i + 1}`;
    return [{ where, ...parseJson(textSchema, line, where) }];
  });
  const texts = chosen(all, options, file);
  for (const [i, { text, where }] of texts.entries()) {
    checkText(text, bytesMax, where);
    options.onItem(i + 1, texts.length);
  }
  return [
    ...textTensors(
      'text',
      'text_end',
      texts.map(({ text }) => text),
    ),
    ...labelTensors(pipeline, (stage) =>
      texts.map(({ labels: { [stage.name]: label }, where }) =>
        label === undefined ? -1 : labelOf(stage, label, where),
      ),
    ),
  ];
}
