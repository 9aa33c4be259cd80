import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { onDisk } from '../../bench/pack/disk.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { Pipeline } from '../../models/manifests/pipeline.ts';
import { fromFolders } from '../../models/packs/sources/pictures.ts';
import { packBytes } from '../../models/packs/write.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { CLASSIFIERS, entryOf, type NamedBytes, quarters } from '../formats.ts';
import { drawLines, textDirection } from '../text-lines.ts';
import { dropOn, openPage } from './opened-page.ts';
import { OwnPage } from './own-page.ts';
import { servedPage } from './serve.ts';

/** Models of many formats go from their files to a plan, on the page as it ships. Measured on wasm. */

const site = servedPage();
let own: OwnPage;

beforeEach(async () => {
  own = new OwnPage(await openPage(site.browser, site.url));
});
afterEach(() => own.opened.context.close());

async function openFiles(files: readonly NamedBytes[], name: string): Promise<void> {
  await dropOn(own.page, '#plan', files);
  await expect.poll(() => own.chosen()).toBe(name);
}

const accuracies = ({ stages }: Profile) =>
  stages.map(({ variants }) => variants.map(({ name, accuracy }) => [name, accuracy.measured?.value]));

it('a YOLO comes as files, and classifiers of other formats are dropped on its stage', async () => {
  const [usual, ...others] = CLASSIFIERS;
  await openFiles(quarters('yolov8', [usual!]), 'quarters-yolov8');
  const external = others.at(-1)!;
  await own.drop('classify', [external[1]!]);
  await own.refused(/external\.onnx_data has weights of the model external\.onnx\. Give both together/);
  await own.drop('classify', [external[0]]);
  await own.refused(/external\.onnx cannot be loaded.*files of weights \(\.onnx_data\) are with it/s);
  await own.drop(
    'classify',
    others.flatMap((files) => files.filter((file) => file !== undefined)),
  );
  const names = CLASSIFIERS.map(([{ name }]) => name.replace('.onnx', ''));
  await expect.poll(() => own.names('classify')).toEqual(names);
  const profile = await own.measure();
  expect(accuracies(profile)).toEqual([
    [
      ['yolov8-float32', 1],
      ['yolov8-float16', 1],
    ],
    names.map((name) => [name, 1]),
  ]);
  expect(profile.cells.filter(({ variant }) => variant === 'pairs').map(({ batch }) => batch)).toEqual([2]);
  expect(own.opened.complaints).toEqual([]);
});

it('a DETR comes as files, with a classifier whose weights are in a file of their own', async () => {
  await openFiles(quarters('detr', CLASSIFIERS.slice(-1)), 'quarters-detr');
  expect(accuracies(await own.measure())).toEqual([
    [
      ['detr-float32', 1],
      ['detr-float16', 1],
    ],
    [['external', 1]],
  ]);
  expect(own.opened.complaints).toEqual([]);
});

it("PaddleOCR's classifier of text direction comes as files with a pack", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ipa-edge-lines-'));
  await drawLines(folder);
  const { manifest, model } = await textDirection();
  const pipeline = new Pipeline(parseManifest(manifest, 'the test'));
  const tensors = await fromFolders(folder, { pipeline, limit: 100, seed: 1, files: onDisk, onItem() {} });
  await rm(folder, { recursive: true });
  const pack = { name: 'pack.bin', bytes: await packBytes(tensors) };
  const packed = { ...manifest, pack: { ...entryOf(pack), source: 'drawn lines' } };
  const json = { name: 'manifest.json', bytes: new TextEncoder().encode(JSON.stringify(packed)) };
  await openFiles([json, model, pack], 'text-direction');
  expect(accuracies(await own.measure())).toEqual([[['ppocr', 1]]]);
  expect(own.opened.complaints).toEqual([]);
});
