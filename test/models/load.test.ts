import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  ChecksumError,
  loadManifest,
  MissingFileError,
  resolveFile,
  withFiles,
} from '../../models/manifests/load.ts';
import { manifestSchema, parseManifest } from '../../models/manifests/manifest.ts';
import { InvalidPackError } from '../../models/packs/safetensors.ts';
import { InvalidDocumentError, UnsupportedDocumentError } from '../../solver/documents/document.ts';
import { MANIFEST } from '../../solver/documents/manifest.ts';
import { gzip, i32, safetensors, u8 } from './safetensors.ts';
import { classify, detect } from './stages.ts';

const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const packBytes = gzip(
  safetensors({ images: u8([1, 1, 4, 4], new Uint8Array(16)), 'label.classify': i32([2]) }),
);
const manifest = {
  schema: 'ipa-edge/manifest@2',
  name: 'small',
  title: 'One classifier',
  stages: [classify],
  pack: { file: 'pack.gz', sha256: sum(packBytes), source: 'made up' },
};

/** Makes a function that reads from a table of files. */
const reader = (files: Record<string, Uint8Array | string>) => async (path: string) => {
  const content = files[path];
  if (content === undefined) throw new Error('no such file');
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
};
const load = (content: object, files: Record<string, Uint8Array> = {}) =>
  loadManifest('at/m.json', reader({ 'at/m.json': JSON.stringify(content), ...files }));

test('a manifest is loaded with its pack', async () => {
  const loaded = await load(manifest, { 'at/pack.gz': packBytes });
  expect(loaded.manifest.name).toBe('small');
  expect((await loaded.readPack()).truths).toEqual([{ truth: 2, children: [] }]);
});

test('a manifest that is not there is told with its path and the reason', async () => {
  const loading = loadManifest('at/m.json', reader({}));
  await expect(loading).rejects.toThrow(MissingFileError);
  await expect(loading).rejects.toThrow(
    'at/m.json cannot be read: no such file. Put the file there, or give the path of another one.',
  );
});

test('a file that is not there is told with the manifest that names it', async () => {
  const reading = (await load(manifest)).readPack();
  await expect(reading).rejects.toThrow(MissingFileError);
  await expect(reading).rejects.toThrow(
    'at/pack.gz cannot be read: no such file. Put the file there, or correct the path that at/m.json gives.',
  );
});

test('a file with another sum is told with both sums', async () => {
  const other = Uint8Array.of(1);
  const reading = (await load(manifest, { 'at/pack.gz': other })).readPack();
  await expect(reading).rejects.toThrow(ChecksumError);
  await expect(reading).rejects.toThrow(new RegExp(`${sum(packBytes)}.*${sum(other)}`));
});

test('a pack that does not fit the stages is refused', async () => {
  const stages = [{ ...classify, classes: ['a', 'b'] }];
  const loaded = await load({ ...manifest, stages }, { 'at/pack.gz': packBytes });
  await expect(loaded.readPack()).rejects.toThrow(InvalidPackError);
  await expect(loaded.readPack()).rejects.toThrow('The labelled pack pack.gz is not valid');
});

test('text that is no manifest is refused', async () => {
  await expect(loadManifest('m', reader({ m: 'not JSON' }))).rejects.toThrow(InvalidDocumentError);
  await expect(load({ ...manifest, schema: 'ipa-edge/plan@1' })).rejects.toThrow(UnsupportedDocumentError);
});

test('a detection after the first stage is refused with its path', async () => {
  const loading = load({ ...manifest, stages: [classify, detect] });
  await expect(loading).rejects.toThrow(
    /stages\[1\]\.task: expected object-detection in the first stage only/,
  );
});

test('a mean for some of the channels is refused with its path', async () => {
  const stages = [{ ...classify, input: { ...classify.input, mean: [0, 0] } }];
  await expect(load({ ...manifest, stages })).rejects.toThrow(/stages\[0\]\.input\.mean/);
});

test('files are found beside the manifest, unless their path is absolute', () => {
  expect(resolveFile('m.json', 'a.onnx')).toBe('a.onnx');
  expect(resolveFile('/x/m.json', 'b/a.onnx')).toBe('/x/b/a.onnx');
  expect(resolveFile('https://host/x/m.json?v=1/2#y', 'a.onnx')).toBe('https://host/x/a.onnx');
  expect(resolveFile('m.json?v=1#y', 'a.onnx')).toBe('a.onnx');
  expect(resolveFile('/c#/x/m.json', 'a.onnx')).toBe('/c#/x/a.onnx');
  expect(resolveFile('/x/m.json', 'https://host/a.onnx')).toBe('https://host/a.onnx');
  expect(resolveFile('/x/m.json', '/a.onnx')).toBe('/a.onnx');
  expect(resolveFile('C:\\x\\m.json', 'a.onnx')).toBe('C:\\x\\a.onnx');
});

test('the schema of a manifest can be published as a JSON Schema', () => {
  expect(z.toJSONSchema(manifestSchema, { io: 'input' })).toMatchObject({ type: 'object' });
});

test('of a model file no more than the size in the manifest is asked for', async () => {
  const [variant] = classify.variants;
  const { file, sha256, sizeBytes } = Object.values(variant!.sessions)[0]!;
  const most: Record<string, number> = {};
  const loaded = await loadManifest('m.json', async (path, mostBytes) => {
    most[path] = mostBytes;
    return new TextEncoder().encode(path === 'm.json' ? JSON.stringify(manifest) : '');
  });
  await expect(loaded.readVerified(file, sha256)).rejects.toThrow(ChecksumError);
  expect(most[file]).toBe(sizeBytes);
});

test('a pipeline without a labelled pack gets made-up items without labels, always the same', async () => {
  const bare = parseManifest({ schema: MANIFEST, name: 'bare', title: '', stages: [classify] }, 'bare');
  const readPack = () => withFiles(bare, async () => new Uint8Array()).readPack();
  const { items, truths } = await readPack();
  expect(truths).toBeNull();
  expect(items.lengths).toEqual(Array(64).fill(16));
  expect(await readPack()).toEqual({ items, truths });
});
