import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Box } from '../../models/items/crop.ts';
import { batchOf, itemsOf } from '../../models/items/item-batch.ts';
import type { LabelledPack } from '../../models/packs/pack.ts';
import { MANIFEST } from '../../solver/documents/manifest.ts';
import { ROOT } from '../../workers/command/root.ts';
import { f32, gzip, i32, safetensors, u8 } from '../models/safetensors.ts';
import { loadFashion } from '../workers/fashion.ts';
import type { AnyFile } from './opened-page.ts';

/** Models, packs and pipelines such as users give to the page. */

/** The encoded field `model_version` of a `ModelProto` (onnx.proto), with the value 7. */
const MODEL_VERSION = Uint8Array.of((5 << 3) | 0, 7);

/** Returns a shipped model as a different file: another model version changes its checksum, but not its results. */
export async function ownModel(shipped: string, name = `${shipped}.onnx`): Promise<AnyFile> {
  const bytes = await readFile(join(ROOT, 'models/fashion', `${shipped}.onnx`));
  return { name, bytes: Buffer.concat([bytes, MODEL_VERSION]) };
}

interface Garment {
  readonly scene: number;
  readonly box: Box;
  readonly label: number;
}

/** Makes a pack for the pipeline `fashion`. */
const scenesOf = (count: number, pixels: Uint8Array, garments: readonly Garment[]): Uint8Array =>
  gzip(
    safetensors({
      images: u8([count, 1, 128, 128], pixels),
      boxes: f32(
        [garments.length, 4],
        garments.flatMap(({ box: { x0, y0, x1, y1 } }) => [x0, y0, x1, y1]),
      ),
      object_image: i32(garments.map(({ scene }) => scene)),
      'label.classify': i32(garments.map(({ label }) => label)),
    }),
  );

/** Makes a pack of scenes, each with one garment. */
export function ownScenes(count: number, label = 3): Uint8Array {
  const pixels = new Uint8Array(count * 128 * 128).map((_, i) => (i * 7919) % 251);
  const box = { x0: 20, y0: 30, x1: 60, y1: 70 };
  const garments = Array.from({ length: count }, (_, scene) => ({ scene, box, label }));
  return scenesOf(count, pixels, garments);
}

/** Makes a pack of a scene without garments. */
export const emptyScene = (): Uint8Array => scenesOf(1, new Uint8Array(128 * 128), []);

/** Makes a pack of the first scenes of the shipped pack, because a page measures accuracy on few scenes quickly. */
export async function firstScenes(count: number): Promise<Uint8Array> {
  const { items, truths } = (await (await loadFashion()).readPack()) as LabelledPack;
  const garments = truths
    .slice(0, count)
    .flatMap(({ truth, children }, scene) =>
      (truth as Box[]).map((box, i) => ({ scene, box, label: children[i]!.truth as number })),
    );
  return scenesOf(count, batchOf(itemsOf(items, count)).bytes, garments);
}

/** Makes a pipeline of one stage with two shipped classifiers and a made-up pack: the manifest and the files that it names. */
export async function garments(name = 'garments'): Promise<AnyFile[]> {
  const models = [await ownModel('linear'), await ownModel('cnn8')];
  const count = 12;
  const pack = gzip(
    safetensors({
      images: u8(
        [count, 1, 28, 28],
        new Uint8Array(count * 28 * 28).map((_, i) => (i * 31) % 256),
      ),
      'label.classify': i32(Array.from({ length: count }, (_, i) => i % 10)),
    }),
  );
  const manifest = {
    schema: MANIFEST,
    name,
    title: 'Garments alone',
    stages: [
      {
        name: 'classify',
        task: 'image-classification',
        input: { channels: 1, height: 28, width: 28 },
        classes: ['top', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'boot'],
        variants: models.map((model, i) => ({
          name: model.name.replace('.onnx', ''),
          sessions: {
            model: {
              file: model.name,
              sha256: hash('sha256', model.bytes),
              sizeBytes: model.bytes.length,
              dtype: 'fp32',
            },
          },
          accuracy: i === 0 ? 0.7 : null,
          accuracySource: i === 0 ? 'made up' : '',
        })),
      },
    ],
    pack: { file: 'labels.bin', sha256: hash('sha256', pack), source: 'made up' },
  };
  return [
    { name: 'manifest.json', bytes: Buffer.from(JSON.stringify(manifest)) },
    ...models,
    { name: 'labels.bin', bytes: pack },
  ];
}
