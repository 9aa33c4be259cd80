import { samplesOfPcm } from '../items/audio.ts';
import { joinFields } from '../items/fields.ts';
import { batchOf, type Item, type ItemBatch, itemsOf } from '../items/item-batch.ts';
import { fits, formatText, type ItemFormat, type ItemFormatOf } from '../items/item-format.ts';
import { chunksOf, joinAtMost } from '../manifests/at-most.ts';
import type { Pipeline, PipelineStage } from '../manifests/pipeline.ts';
import type { ItemTruth } from '../tasks/judge.ts';
import { madeUpItems } from './made-up.ts';
import { InvalidPackError, TensorFile } from './safetensors.ts';
import { splitParts } from './split.ts';

/** The requests on which the profiler measures, and from which runs draw theirs. Request i has item i and truth i. */
export interface Pack {
  /** Items of the first stage. */
  readonly items: ItemBatch;
  /** Null if the pipeline has no labelled pack. Then the items are made up, and only times can be measured. */
  readonly truths: readonly ItemTruth[] | null;
}

export type LabelledPack = Pack & { readonly truths: readonly ItemTruth[] };

export const isLabelled = (pack: Pack): pack is LabelledPack => pack.truths !== null;

/** Number of made-up items in a pack without labels. */
const MADE_UP_ITEMS = 64;

/** Makes a pack of made-up items for a pipeline that has no labelled pack. */
export const unlabelledPack = ({ first }: Pipeline): Pack => ({
  items: batchOf(madeUpItems(first.format, MADE_UP_ITEMS)),
  truths: null,
});

/** Size limit of an unpacked pack. No useful pack reaches it; the limit stops a small gzip file from filling the memory. */
export const PACK_BYTES_MAX = 512 * 2 ** 20;

/**
 * Reads a labelled pack: a gzipped safetensors file with the items of the first stage and, for each stage, the labels that its
 * task reads. The items are one of: `images` U8 [N, C, H, W]; `text` U8 [bytes] with `text_end` I32 [N], the end of each text;
 * `audio` F32 or I16 (PCM) [samples] with `audio_end` I32 [N], the end of each recording. A field that comes with each item is
 * in `field.<name>` U8 [bytes] with `field_end.<name>` I32 [N].
 * @throws InvalidPackError
 */
export async function parsePack(
  bytes: Uint8Array<ArrayBuffer>,
  { first }: Pipeline,
  maxBytes = PACK_BYTES_MAX,
): Promise<LabelledPack> {
  const file = new TensorFile(await gunzip(bytes, maxBytes));
  const items = readItems(file, first);
  const truthOf = readTruths(file, first, items.lengths.length);
  return { items, truths: items.lengths.map((_, row) => truthOf(row)) };
}

/** Reads a labelled pack as {@link parsePack} does. @throws InvalidPackError that names the file */
export async function packOf(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
  pipeline: Pipeline,
): Promise<LabelledPack> {
  try {
    return await parsePack(bytes, pipeline);
  } catch (error) {
    if (!(error instanceof InvalidPackError)) throw error;
    throw new InvalidPackError(error.problem, { cause: error }, file);
  }
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const tooMany = () => new InvalidPackError(`it unpacks to more than ${maxBytes} bytes`);
  try {
    return await joinAtMost(chunksOf(unpacked), maxBytes, tooMany);
  } catch (cause) {
    if (cause instanceof InvalidPackError) throw cause;
    throw new InvalidPackError('it is no gzip file, or it is damaged or cut off', { cause });
  }
}

/** Makes the error that a pack has other items than its first stage takes. */
const otherItems = ({ name, format }: PipelineStage, found: string) =>
  new InvalidPackError(`stage "${name}" takes ${formatText(format)}, but ${found}`);

const READ_ITEMS: {
  readonly [K in ItemFormat['kind']]: (file: TensorFile, stage: PipelineStage) => Item[];
} = {
  pixels(file, stage) {
    const { shape, data } = file.read('images', 'U8', 4);
    // A header may state billions of pictures that have no pixels, and a list of them would fill the memory.
    if (data.length === 0) return [];
    const { channels, height, width } = stage.format as ItemFormatOf<'pixels'>;
    const [count, ...own] = shape as [number, ...number[]];
    // The lengths of items would not tell pictures with their channels last from those with their channels first.
    if (`${own}` !== `${[channels, height, width]}`)
      throw otherItems(stage, `the pack has "images" [${shape.join(', ')}]`);
    return itemsOf({ lengths: Array<number>(count).fill(data.length / count), bytes: data });
  },
  audio(file) {
    const data = file.has('audio', 'I16')
      ? samplesOfPcm(file.read('audio', 'I16', 1).data)
      : file.read('audio', 'F32', 1).data;
    const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    return splitParts(bytes, file.read('audio_end', 'I32', 1).data, data.BYTES_PER_ELEMENT, 'item');
  },
  text: (file) =>
    splitParts(file.read('text', 'U8', 1).data, file.read('text_end', 'I32', 1).data, 1, 'item'),
};

/** The texts of a field, one for each item. */
function readField(file: TensorFile, name: string, items: number): Item[] {
  const texts = splitParts(
    file.read(`field.${name}`, 'U8', 1).data,
    file.read(`field_end.${name}`, 'I32', 1).data,
    1,
    `"field.${name}" item`,
  );
  if (texts.length !== items)
    throw new InvalidPackError(`"field.${name}" has ${texts.length} texts for ${items} items`);
  return texts;
}

function readItems(file: TensorFile, stage: PipelineStage): ItemBatch {
  const { format } = stage;
  const contents = READ_ITEMS[format.kind](file, stage);
  if (contents.length === 0) throw new InvalidPackError('it has no items');
  const fields = (format.fields ?? []).map((field) => readField(file, field, contents.length));
  const items = contents.map((content, i) =>
    joinFields({ content, texts: fields.map((texts) => texts[i]!) }),
  );
  const wrong = items.findIndex((item) => !fits(format, item));
  if (wrong >= 0) throw otherItems(stage, `item ${wrong} is ${items[wrong]!.length} bytes`);
  return batchOf(items);
}

/**
 * Reads the ground truths of a stage and of all later stages. The returned function gives the ground truth of one row of the
 * stage, together with the truths of the items that later stages make from the row.
 */
function readTruths(
  file: TensorFile,
  { name, stage, task, next }: PipelineStage,
  rows: number,
): (row: number) => ItemTruth {
  const { truths, children, childRows } = task.readTruths(file, stage, rows);
  const childTruth = next && readTruths(file, next, childRows);
  return (row) => {
    const truth = truths[row];
    if (truth === null || truth === undefined)
      throw new InvalidPackError(
        `item ${row} reaches stage "${name}", but "label.${name}" has no label for the item`,
      );
    return { truth, children: childTruth ? children[row]!.map(childTruth) : [] };
  };
}
