import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Profile } from '../../solver/documents/profile.ts';
import { CLASSIFIERS, type NamedBytes, quarters } from '../formats.ts';
import { DIRECTION, drawLines, SIZE } from '../text-lines.ts';
import { dropOn, openPage } from './opened-page.ts';
import { OwnPage } from './own-page.ts';
import { servedPage } from './serve.ts';

/** In the page that ships: opens files with models of many formats, measures most of them on wasm, and plans with them. */

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
  expect(await own.names('detect')).toEqual(['detr-float32', 'detr-float16']);
  expect(await own.names('classify')).toEqual(['external']);
  expect(own.opened.complaints).toEqual([]);
});

it("PaddleOCR's classifier of text direction becomes a pipeline with its size and pictures in folders by class", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ipa-edge-lines-'));
  await drawLines(folder);
  await own.openSection();
  const form = own.page.getByRole('region', { name: 'A new pipeline without a manifest' });
  await form.getByLabel('Choose models').setInputFiles(DIRECTION);
  await form.getByLabel('Width x height of its pictures').fill(SIZE);
  await form.getByLabel('Choose a folder of labelled data').setInputFiles(folder);
  await expect.poll(() => own.chosen()).toBe('ch_ppocr_mobile_v2.0_cls_infer');
  await rm(folder, { recursive: true });
  expect(accuracies(await own.measure())).toEqual([[['ch_ppocr_mobile_v2.0_cls_infer', 1]]]);
  expect(own.opened.complaints).toEqual([]);
});
