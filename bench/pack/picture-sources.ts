import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { batchOf, type Item } from '../../models/items/item-batch.ts';
import type { ItemFormatOf } from '../../models/items/item-format.ts';
import type { NamedTensor } from '../../models/packs/write.ts';
import { parseJson } from '../../solver/documents/document.ts';
import { classTensors, isKept, labelOf } from './labels.ts';
import { readPicture } from './pictures.ts';
import { chosen, formatOf, i32, type SourceOptions } from './source.ts';
import { UnfitDataError } from './unfit.ts';

/** Labelled pictures on disk, as the tensors of a pack. */

const PICTURE = /\.(jpe?g|png|webp|avif|gif|tiff?)$/i;

function imagesTensor(
  items: readonly Item[],
  { channels, height, width }: ItemFormatOf<'pixels'>,
): NamedTensor {
  return { name: 'images', shape: [items.length, channels, height, width], data: batchOf(items).bytes };
}

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
    ...classTensors(pipeline.stages, (stage) => pictures.map(({ name, path }) => labelOf(stage, name, path))),
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
    ...classTensors(
      pipeline.stages,
      (stage) =>
        objects.map((name) =>
          // Objects that the detector does not keep never reach the stages after it.
          stage === pipeline.first || isKept(pipeline.first, name) ? labelOf(stage, name, file) : -1,
        ),
      (stage) => (stage === pipeline.first ? 'object_label' : `label.${stage.name}`),
    ),
  ];
}
