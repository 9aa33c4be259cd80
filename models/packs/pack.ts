import type { ManifestStage } from '../manifests/manifest.ts';
import type { ImageShape } from '../tasks/image.ts';
import { joinItems, taskOf } from '../tasks/index.ts';
import type { ItemTruth, Truth } from '../tasks/metric.ts';
import type { ItemBatch, StageResult } from '../tasks/task.ts';
import { InvalidPackError, TensorFile } from './safetensors.ts';

export { InvalidPackError } from './safetensors.ts';

/** Labelled images: what is profiled and run on. Image i and truth i are request i. */
export interface Pack {
  readonly shape: ImageShape;
  readonly images: ItemBatch;
  readonly truths: readonly Truth[];
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

const LABEL = 'label.';

/** Objects with a box each, as `boxes` and `object_image` say; `null` for a pack without boxes. */
function readObjects(file: TensorFile, shape: ImageShape, images: number) {
  if (!file.names.includes('boxes')) return null;
  const corners = file.f32('boxes', 2);
  const owner = file.i32('object_image', 1);
  const count = owner.data.length;
  if (corners.shape[0] !== count || corners.shape[1] !== 4)
    throw new InvalidPackError(`expected boxes of shape [${count}, 4], found [${corners.shape.join(', ')}]`);
  return Array.from({ length: count }, (_, k) => {
    const corner = (i: number) => corners.data[4 * k + i]!;
    const box = { x0: corner(0), y0: corner(1), x1: corner(2), y1: corner(3) };
    const image = owner.data[k]!;
    if (!(image >= 0 && image < images))
      throw new InvalidPackError(`object ${k} is of image ${image}, but there are ${images} images`);
    // Written so that NaN fails too.
    const inside =
      0 <= box.x0 &&
      box.x0 < box.x1 &&
      box.x1 <= shape.width &&
      0 <= box.y0 &&
      box.y0 < box.y1 &&
      box.y1 <= shape.height;
    if (!inside)
      throw new InvalidPackError(`the box of object ${k}, ${JSON.stringify(box)}, is not within its image`);
    return { image, box };
  });
}

/** By stage, the class of each object (of each image, where there are no boxes). */
function readLabels(file: TensorFile, objects: number): Map<string, Int32Array> {
  const names = file.names.filter((name) => name.startsWith(LABEL));
  return new Map(
    names.map((name) => {
      const { data } = file.i32(name, 1);
      if (data.length !== objects)
        throw new InvalidPackError(`"${name}" should have ${objects} labels, but has ${data.length}`);
      const wrong = data.find((label) => label < 0);
      if (wrong !== undefined) throw new InvalidPackError(`"${name}" has the label ${wrong}`);
      return [name.slice(LABEL.length), data];
    }),
  );
}

/**
 * Reads a labelled pack: a gzipped safetensors file with `images` U8 [N, C, H, W] and, per classification stage,
 * `label.<stage>` I32 [M]; for pipelines that detect also `boxes` F32 [M, 4] (x0, y0, x1, y1 in pixels) and
 * `object_image` I32 [M], the image of each object. Without boxes M is N.
 * @throws InvalidPackError
 */
export async function parsePack(bytes: Uint8Array<ArrayBuffer>, maxBytes = MAX_PACK_BYTES): Promise<Pack> {
  const file = new TensorFile(await gunzip(bytes, maxBytes));
  const pixels = file.u8('images', 4);
  const [count, channels, height, width] = pixels.shape as [number, number, number, number];
  if (pixels.data.length === 0) throw new InvalidPackError('it has no images');
  const shape = { channels, height, width };
  const objects = readObjects(file, shape, count);
  const labels = readLabels(file, objects?.length ?? count);

  const ofImage: number[][] = Array.from({ length: count }, (_, i) => (objects ? [] : [i]));
  objects?.forEach(({ image }, k) => {
    ofImage[image]!.push(k);
  });
  const truths = ofImage.map(
    (members): Truth => ({
      boxes: objects && members.map((k) => objects[k]!.box),
      labels: Object.fromEntries([...labels].map(([stage, data]) => [stage, members.map((k) => data[k]!)])),
    }),
  );
  return { shape, images: { count, pixels: pixels.data }, truths };
}

/** A pack from its file, that has what the stages of a pipeline take and are judged by. @throws InvalidPackError that names the file */
export async function packOf(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
  stages: readonly ManifestStage[],
): Promise<Pack> {
  try {
    const pack = await parsePack(bytes);
    checkPack(pack, stages);
    return pack;
  } catch (error) {
    if (!(error instanceof InvalidPackError)) throw error;
    throw new InvalidPackError(error.problem, { cause: error }, file);
  }
}

/**
 * Checks that a pack has what the stages of a pipeline take and are judged by.
 * @throws InvalidPackError
 */
export function checkPack(pack: Pack, stages: readonly ManifestStage[]): void {
  const first = stages[0]!;
  for (const side of ['channels', 'height', 'width'] as const)
    if (pack.shape[side] !== first.input[side])
      throw new InvalidPackError(
        `stage "${first.name}" takes images of ${side} ${first.input[side]}, but they have ${pack.shape[side]}`,
      );
  const detects = first.task === 'object-detection';
  pack.truths.forEach(({ boxes, labels }, i) => {
    if ((boxes !== null) !== detects)
      throw new InvalidPackError(
        detects ? `stage "${first.name}" needs boxes` : `it has boxes, but stage "${first.name}" finds none`,
      );
    for (const stage of stages) {
      if (stage.task !== 'image-classification') continue;
      const given = labels[stage.name];
      if (!given) throw new InvalidPackError(`it has no labels for stage "${stage.name}"`);
      const wrong = given.find((label) => label >= stage.classes.length);
      if (wrong !== undefined)
        throw new InvalidPackError(
          `image ${i} has label ${wrong} for stage "${stage.name}", which has ${stage.classes.length} classes`,
        );
    }
  });
}

/** Items of one stage and what is true of each. */
export interface LabelledItems {
  readonly items: ItemBatch;
  readonly truths: readonly ItemTruth[];
}

/** What a stage that never errs would say. */
const perfect = (truth: ItemTruth): StageResult =>
  truth.task === 'object-detection'
    ? { task: truth.task, detections: truth.boxes.map((box) => ({ ...box, score: 1 })) }
    : { task: truth.task, label: truth.label, score: 1 };

function itemTruths(pack: Pack, stage: ManifestStage): ItemTruth[] {
  return stage.task === 'object-detection'
    ? pack.truths.map(({ boxes }) => ({ task: stage.task, boxes: boxes ?? [] }))
    : pack.truths.flatMap(({ labels }) =>
        (labels[stage.name] ?? []).map((label) => ({ task: stage.task, label })),
      );
}

/** Items cropped at once before others on the thread, a page perhaps, have their turn. */
const CROPPED_AT_ONCE = 16;

/**
 * True inputs of each stage, for its accuracy alone and for profiling: the images for the first one, for a later one
 * what it would be given if all before it were perfect (crops at the true boxes).
 * @param pack as {@link checkPack} has let it through
 */
export async function labelledItems(pack: Pack, stages: readonly ManifestStage[]): Promise<LabelledItems[]> {
  const all: LabelledItems[] = [];
  let items = pack.images;
  for (const [s, stage] of stages.entries()) {
    const truths = itemTruths(pack, stage);
    all.push({ items, truths });
    const next = stages[s + 1];
    if (!next) break;
    const children: ItemBatch[] = [];
    for (const [i, truth] of truths.entries()) {
      if (i % CROPPED_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
      children.push(taskOf(stage).children(stage, items, i, perfect(truth), next));
    }
    items = joinItems(children);
  }
  return all;
}
