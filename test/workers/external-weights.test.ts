import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { filesOf, inOneFolder } from '../../models/manifests/edit.ts';
import { ChecksumError, loadManifest, MissingFileError } from '../../models/manifests/load.ts';
import { MANIFEST, sha256Of, sizeBytesOf } from '../../solver/documents/manifest.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { ModelLoadError } from '../../workers/runtime/errors.ts';
import { externalClassifier } from '../onnx.ts';
import { classesOf, filesWith, WEIGHTS } from './external-weights.ts';

async function inNode(files: ReturnType<typeof filesWith>, brightest = [0, 3, 1]) {
  const worker = await nodeEnvironment().spawn('test', 1);
  try {
    return await classesOf(worker, 'cpu', files, brightest);
  } finally {
    worker.terminate();
  }
}

test('a model finds its weights in a file of their own', async () => {
  expect(await inNode(filesWith(WEIGHTS))).toEqual([3, 0, 2]);
});

test.each([
  ['missing', null],
  ['cut off', WEIGHTS.slice(0, 8)],
])('weights that are %s end the load, and the error tells', async (_, weights) => {
  await expect(inNode(filesWith(weights))).rejects.toThrow(ModelLoadError);
  await expect(inNode(filesWith(weights))).rejects.toThrow(
    /look\/v cannot be loaded.*(model\.onnx_data|External initializer: weights)/s,
  );
});

test('a model cannot read a file of the working directory, which nobody gave it', async () => {
  const model = externalClassifier([1, 2, 2], 4, 'LICENSE');
  await expect(inNode({ model })).rejects.toThrow(/look\/v cannot be loaded.*LICENSE/s);
});

const sumOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Makes a manifest whose variant has its weights in a separate file, in a folder. */
function withWeights(sha256 = sumOf(WEIGHTS)) {
  const { model } = filesWith(null);
  return {
    schema: MANIFEST,
    name: 'p',
    title: 'p',
    stages: [
      {
        name: 'look',
        task: 'image-classification',
        input: { channels: 1, height: 2, width: 2, mean: [0], std: [1] },
        classes: ['a', 'b', 'c', 'd'],
        variants: [
          {
            name: 'v',
            accuracy: null,
            accuracySource: 'none',
            sessions: {
              model: {
                ...{ file: 'v/model.onnx', sha256: sumOf(model!), sizeBytes: model!.length, dtype: 'fp32' },
                data: [
                  { name: 'model.onnx_data', file: 'v/model.onnx_data', sha256, sizeBytes: WEIGHTS.length },
                ],
              },
            },
          },
        ],
      },
    ],
  };
}

const loaded = (manifest: object, files: Record<string, Uint8Array>) =>
  loadManifest('manifest.json', async (path) => {
    const bytes = path === 'manifest.json' ? new TextEncoder().encode(JSON.stringify(manifest)) : files[path];
    if (!bytes) throw new Error('there is none');
    return bytes;
  });
const FILES = { 'v/model.onnx': filesWith(null).model!, 'v/model.onnx_data': WEIGHTS };

test('a manifest names the weights: they are read and checked, and count for size and identity', async () => {
  const { manifest, readModels } = await loaded(withWeights(), FILES);
  const [variant] = manifest.stages[0]!.variants;
  expect(await inNode(await readModels(variant!))).toEqual([3, 0, 2]);
  expect(sizeBytesOf(variant!)).toBe(FILES['v/model.onnx'].length + WEIGHTS.length);
  const other = await loaded(withWeights('0'.repeat(64)), FILES);
  expect(sha256Of(other.manifest.stages[0]!.variants[0]!)).not.toBe(sha256Of(variant!));
  expect(filesOf(manifest).map(({ file }) => file)).toEqual(['v/model.onnx', 'v/model.onnx_data']);
});

test('a pipeline in one folder keeps the name by which the model refers to its weights', async () => {
  const { manifest } = await loaded(withWeights(), FILES);
  const { data } = inOneFolder(manifest).stages[0]!.variants[0]!.sessions.model!;
  expect(data).toMatchObject([{ name: 'model.onnx_data', file: 'model.onnx_data.bin' }]);
});

test('weights that are not there, or other ones, are refused with their path', async () => {
  const { 'v/model.onnx_data': _, ...without } = FILES;
  const read = async (files: Record<string, Uint8Array>) => {
    const { manifest, readModels } = await loaded(withWeights(), files);
    return readModels(manifest.stages[0]!.variants[0]!);
  };
  await expect(read(without)).rejects.toThrow(MissingFileError);
  await expect(read(without)).rejects.toThrow(/v\/model\.onnx_data cannot be read/);
  await expect(read({ ...FILES, 'v/model.onnx_data': WEIGHTS.slice(4) })).rejects.toThrow(ChecksumError);
});

test('the name of a file of weights has no folder', async () => {
  const manifest = withWeights();
  manifest.stages[0]!.variants[0]!.sessions.model.data[0]!.name = '../secrets';
  await expect(loaded(manifest, FILES)).rejects.toThrow(/name of a file without a folder/);
});
