import { z } from 'zod';
import { listOf } from '../../../solver/documents/common.ts';
import { parseJson } from '../../../solver/documents/document.ts';
import { getOrMake } from '../../../solver/math/maps.ts';
import { pictureBytes } from '../../items/crop.ts';
import { batchOf, type Item } from '../../items/item-batch.ts';
import type { ItemFormatOf } from '../../items/item-format.ts';
import type { PipelineStage } from '../../manifests/pipeline.ts';
import { classIndex } from '../../tasks/classes.ts';
import type { LabelledStage } from '../../tasks/object-detection/objects.ts';
import { PACK_BYTES_MAX } from '../pack.ts';
import type { NamedTensor } from '../write.ts';
import { labelTensors } from './labels.ts';
import { chosen, fitOf, formatOf, type SourceOptions } from './source.ts';
import { UnfitDataError } from './unfit.ts';

/** Converts labelled pictures to the tensors of a pack. */

const PICTURE = /\.(jpe?g|png|webp|avif|gif|tiff?)$/i;

function imagesTensor(
  items: readonly Item[],
  { channels, height, width }: ItemFormatOf<'pixels'>,
): NamedTensor {
  return { name: 'images', shape: [items.length, channels, height, width], data: batchOf(items).bytes };
}

/** The largest number of pictures of a format that fit in a pack; a tenth of the pack is left for the labels. */
const mostOf = (format: ItemFormatOf<'pixels'>): number =>
  Math.floor((0.9 * PACK_BYTES_MAX) / pictureBytes(format));

/** Reads pictures from folders named after their classes, for a pipeline of classifiers. @throws UnfitDataError */
export async function fromFolders(folder: string, options: SourceOptions): Promise<NamedTensor[]> {
  const { pipeline } = options;
  const format = formatOf(pipeline, 'pixels', folder);
  const fit = fitOf(pipeline.first);
  if (fit === 'stretch')
    throw new UnfitDataError(
      folder,
      `stage "${pipeline.first.name}" finds objects, and folders of classes have no boxes`,
      'Give boxes in the COCO format instead.',
    );
  const files = ((await options.files.list(folder)) ?? []).flatMap((path) => {
    const [name, ...rest] = path.slice(folder.length).split(/[\\/]/).filter(Boolean);
    return PICTURE.test(path) && rest.length > 0 ? [{ path, name: name! }] : [];
  });
  const pictures = chosen(files, options, folder, mostOf(format));
  // The labels come first, because a folder that names no class is then refused before all pictures are read.
  const rows = pictures.map(({ name, path }) => ({ label: name, text: null, where: path }));
  const labels = pipeline.stages.flatMap((stage) => labelTensors(stage, rows));
  const items: Item[] = [];
  for (const { path } of pictures) {
    items.push((await options.files.picture(path, format, fit)).item);
    options.onItem(items.length, pictures.length);
  }
  return [imagesTensor(items, format), ...labels];
}

const id = z.number();
/** Limit on box coordinates in pixels. No picture is this large. */
const EDGE_MAX = 1e8;
const place = z.number().min(-EDGE_MAX).max(EDGE_MAX);
const edge = z.number().nonnegative().max(EDGE_MAX);
const cocoSchema = z.object({
  images: listOf(z.object({ id, file_name: z.string() })),
  annotations: listOf(
    z.object({
      image_id: id,
      category_id: id,
      /** x, y, width and height of the box, in pixels. */
      bbox: z.tuple([place, place, edge, edge]),
      iscrowd: z.number().optional(),
    }),
  ),
  categories: listOf(z.object({ id, name: z.string() })),
});

/** Returns the picture paths that a file in COCO format states, unchanged. @throws InvalidDocumentError */
export const cocoPictures = (text: string, file: string): string[] =>
  parseJson(cocoSchema.pick({ images: true }), text, file).images.map(({ file_name }) => file_name);

/**
 * Reads pictures with boxes in COCO format, for a pipeline that begins with a detector.
 * @throws UnfitDataError, InvalidDocumentError
 */
export async function fromCoco(file: string, folder: string, options: SourceOptions): Promise<NamedTensor[]> {
  const { pipeline } = options;
  const format = formatOf(pipeline, 'pixels', file);
  const { images, annotations, categories } = parseJson(cocoSchema, await options.files.text(file), file);
  const names = new Map(categories.map((category) => [category.id, category.name]));
  const byImage = new Map<number, typeof annotations>();
  for (const annotation of annotations) {
    if (annotation.iscrowd) continue; // a crowd is one box around many objects
    getOrMake(byImage, annotation.image_id, () => []).push(annotation);
  }
  const pictures = chosen(images, options, file, mostOf(format));
  const items: Item[] = [];
  const objects: LabelledObject[][] = [];
  for (const image of pictures) {
    const { item, width, height } = await options.files.picture(
      `${folder}/${image.file_name}`,
      format,
      'stretch',
    );
    items.push(item);
    const [sx, sy] = [format.width / width, format.height / height];
    objects.push(
      (byImage.get(image.id) ?? []).flatMap(({ category_id, bbox: [x, y, w, h] }) => {
        // A box may reach over the edges of its picture, and some tools write boxes that are empty, or are so in a pack's float32.
        const within = (edge: number, side: number) => Math.fround(Math.max(0, Math.min(side, edge)));
        const [left, right] = [within(x * sx, format.width), within((x + w) * sx, format.width)];
        const [top, bottom] = [within(y * sy, format.height), within((y + h) * sy, format.height)];
        const label = names.get(category_id) ?? `category ${category_id}`;
        return left < right && top < bottom ? [{ box: [left, top, right, bottom], label }] : [];
      }),
    );
    options.onItem(items.length, pictures.length);
  }
  return [
    imagesTensor(items, format),
    ...labelTensors(
      pipeline.first,
      objects.map((label) => ({ label, text: null, where: file })),
    ),
    ...pipeline.stages.slice(1).flatMap((stage) =>
      labelTensors(
        stage,
        objects.flat().map(({ label }) => ({
          // Objects that the detector does not keep never reach the stages after it.
          label: isKept(pipeline.first, label) ? label : undefined,
          text: null,
          where: file,
        })),
      ),
    ),
  ];
}

/** An object in the label of a detecting stage. `box` is left, top, right and bottom, in pixels of the resized picture. */
interface LabelledObject {
  readonly box: readonly number[];
  readonly label: string;
}

/**
 * Whether a detecting stage passes objects with this label on. Its field `keep` may list only some of its classes, and the label
 * may be a synonym of one.
 */
function isKept({ stage }: PipelineStage, label: string): boolean {
  const { classes = [], keep } = stage as Pick<LabelledStage, 'classes'> & { readonly keep?: string[] };
  return keep?.includes(classes[classIndex(classes, label)]!) ?? true;
}
