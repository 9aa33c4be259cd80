import { batchOf, type Item, type ItemBatch, itemsOf } from '../items/item-batch.ts';
import { fits, formatText, type ItemFormat } from '../items/item-format.ts';
import type { Pipeline, PipelineStage } from '../manifests/pipeline.ts';
import type { ItemTruth } from '../tasks/judge.ts';
import { InvalidPackError, TensorFile } from './safetensors.ts';

export { InvalidPackError } from './safetensors.ts';

/** Labelled requests: the profiler measures on them, and runs draw their requests from them. Item i and truth i are request i. */
export interface Pack {
  /** Of the first stage. */
  readonly items: ItemBatch;
  readonly truths: readonly ItemTruth[];
}

/** Far above any pack worth shipping; stops a small file from filling the memory. */
export const MAX_PACK_BYTES = 512 * 2 ** 20;

async function gunzip(bytes: Uint8Array<ArrayBuffer>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > maxBytes) break;
      chunks.push(value);
    }
  } catch (cause) {
    throw new InvalidPackError('it is not a whole gzip file', { cause });
  } finally {
    // Also where reading has failed: the failure is told above, not by a rejected promise left behind.
    await reader.cancel().catch(() => {});
  }
  if (size > maxBytes) throw new InvalidPackError(`it unpacks to more than ${maxBytes} bytes`);
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** Items that lie back to back in one tensor, each up to its end. */
function itemsUpTo(bytes: Item, ends: Int32Array, bytesPerValue: number): Item[] {
  let from = 0;
  const items = Array.from(ends, (end, i) => {
    if (end < from) throw new InvalidPackError(`item ${i} ends at ${end}, before it begins at ${from}`);
    const item = bytes.subarray(from * bytesPerValue, end * bytesPerValue);
    from = end;
    return item;
  });
  if (from * bytesPerValue !== bytes.length)
    throw new InvalidPackError(`its items end at ${from} of ${bytes.length / bytesPerValue} values`);
  return items;
}

/** The tensors that hold items of each kind. */
const READ: { readonly [K in ItemFormat['kind']]: (file: TensorFile) => Item[] } = {
  pixels(file) {
    const { shape, data } = file.u8('images', 4);
    return itemsOf({ lengths: Array<number>(shape[0]!).fill(data.length / shape[0]!), bytes: data });
  },
  audio(file) {
    const { data } = file.f32('audio', 1);
    const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    return itemsUpTo(bytes, file.i32('audio_end', 1).data, data.BYTES_PER_ELEMENT);
  },
  text: (file) => itemsUpTo(file.u8('text', 1).data, file.i32('text_end', 1).data, 1),
};

function readItems(file: TensorFile, { name, stage, task }: PipelineStage): ItemBatch {
  const format = task.items(stage);
  const items = READ[format.kind](file);
  if (items.length === 0) throw new InvalidPackError('it has no items');
  const wrong = items.findIndex((item) => !fits(format, item));
  if (wrong >= 0)
    throw new InvalidPackError(
      `stage "${name}" takes ${formatText(format)}, but item ${wrong} is ${items[wrong]!.length} bytes` +
        (format.kind === 'pixels' ? `, of images [${file.u8('images', 4).shape.join(', ')}]` : ''),
    );
  return batchOf(items);
}

/** What is true of a stage's items and of all that follow from them, by row of the stage. */
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
      throw new InvalidPackError(`item ${row} reaches stage "${name}", but "label.${name}" has none for it`);
    return { truth, children: childTruth ? children[row]!.map(childTruth) : [] };
  };
}

/**
 * Reads a labelled pack: a gzipped safetensors file with the items of the first stage and, for each stage, the labels that its
 * task reads. Items are `images` U8 [N, C, H, W]; or `text` U8 [bytes] with `text_end` I32 [N], where each text ends; or
 * `audio` F32 [samples] with `audio_end` I32 [N].
 * @throws InvalidPackError
 */
export async function parsePack(
  bytes: Uint8Array<ArrayBuffer>,
  { first }: Pipeline,
  maxBytes = MAX_PACK_BYTES,
): Promise<Pack> {
  const file = new TensorFile(await gunzip(bytes, maxBytes));
  const items = readItems(file, first);
  const truthOf = readTruths(file, first, items.lengths.length);
  return { items, truths: items.lengths.map((_, row) => truthOf(row)) };
}

/** A pack from its file. @throws InvalidPackError that names the file */
export async function packOf(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
  pipeline: Pipeline,
): Promise<Pack> {
  try {
    return await parsePack(bytes, pipeline);
  } catch (error) {
    if (!(error instanceof InvalidPackError)) throw error;
    throw new InvalidPackError(error.problem, { cause: error }, file);
  }
}
