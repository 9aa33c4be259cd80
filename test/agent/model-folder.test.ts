import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadModelFolder } from '../../agent/service/model-folder.ts';
import { ChecksumError } from '../../models/manifests/load.ts';
import { COMMIT, LocalHub } from '../hub.ts';
import { folderOfFile } from '../temporary-folder.ts';

const { XDG_CACHE_HOME } = process.env;
const folder = folderOfFile();
process.env.XDG_CACHE_HOME = folder;

afterAll(() => {
  if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
});

const MODEL = Uint8Array.of(1, 2, 3);
const models = join(folder, 'models');
mkdirSync(models);

/** Reads a model through a manifest in the folder `models`. @param file the name that the manifest has for the model's file */
async function readModel(file: string): Promise<Uint8Array> {
  const manifest = join(models, 'manifest.json');
  const sha256 = createHash('sha256').update(MODEL).digest('hex');
  const sessions = { model: { file, sha256, sizeBytes: 3, dtype: 'fp32' } };
  writeFileSync(
    manifest,
    JSON.stringify({
      ...{ schema: 'ipa-edge/manifest@2', name: 'one', title: 'One model' },
      stages: [
        {
          ...{ name: 'classify', task: 'image-classification', classes: ['a', 'b'] },
          input: { channels: 1, height: 2, width: 2 },
          variants: [{ name: 'only', accuracy: null, accuracySource: 'made up', sessions }],
        },
      ],
    }),
  );
  const loaded = await loadModelFolder(manifest);
  return (await loaded.readModels(loaded.manifest.stages[0]!.variants[0]!)).model!;
}

test('a model that a manifest names by its URL is downloaded, and refused where its sum is another', async () => {
  const hub = await LocalHub.start();
  hub.publish('a/b', { 'onnx/model.onnx': MODEL, 'onnx/model_fp16.onnx': Uint8Array.of(4, 5, 6) });
  const url = `${hub.url}/a/b/resolve/${COMMIT}/onnx`;
  await expect(readModel(`${url}/model_fp16.onnx`)).rejects.toThrow(ChecksumError);
  expect(await readModel(`${url}/model.onnx`)).toEqual(MODEL);
  await hub.close();
  expect(await readModel(`${url}/model.onnx`)).toEqual(MODEL);
});

test.each([
  ['a path upwards', '../outside.onnx'],
  ['a path from the root', '/etc/hostname'],
  ['a URL of this machine', 'file:///etc/hostname'],
  ['a link that leads out', 'link.onnx'],
])('a model outside the folder of the manifest is not read by %s', async (_, file) => {
  writeFileSync(join(folder, 'outside.onnx'), MODEL);
  rmSync(join(models, 'link.onnx'), { force: true });
  symlinkSync(join(folder, 'outside.onnx'), join(models, 'link.onnx'));
  await expect(readModel(file)).rejects.toThrow(/is not in .*the folder of the manifest/);
});

test('a model inside the folder is read', async () => {
  writeFileSync(join(models, 'inside.onnx'), MODEL);
  expect(await readModel('inside.onnx')).toEqual(MODEL);
});
