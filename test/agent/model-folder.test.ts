import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadModelFolder } from '../../agent/service/model-folder.ts';
import { ChecksumError } from '../../models/manifests/load.ts';
import { COMMIT, LocalHub } from '../hub.ts';

const { XDG_CACHE_HOME } = process.env;
const folder = mkdtempSync(join(tmpdir(), 'ipa-edge-'));
process.env.XDG_CACHE_HOME = folder;

afterAll(() => {
  if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
  rmSync(folder, { recursive: true });
});

test('a model that a manifest names by its URL is downloaded, and refused where its sum is another', async () => {
  const hub = await LocalHub.start();
  const model = Uint8Array.of(1, 2, 3);
  hub.publish('a/b', { 'onnx/model.onnx': model, 'onnx/model_fp16.onnx': Uint8Array.of(4, 5, 6) });
  const variant = (name: string, path: string) => ({
    ...{ name, accuracy: null, accuracySource: 'made up' },
    sessions: {
      model: {
        file: `${hub.url}/a/b/resolve/${COMMIT}/${path}`,
        sha256: createHash('sha256').update(model).digest('hex'),
        ...{ sizeBytes: 3, dtype: 'fp32' },
      },
    },
  });
  const manifest = join(folder, 'manifest.json');
  const write = (one: ReturnType<typeof variant>) =>
    writeFileSync(
      manifest,
      JSON.stringify({
        ...{ schema: 'ipa-edge/manifest@2', name: 'one', title: 'One model' },
        stages: [
          {
            ...{ name: 'classify', task: 'image-classification', classes: ['a', 'b'] },
            ...{ input: { channels: 1, height: 2, width: 2 }, variants: [one] },
          },
        ],
      }),
    );
  const read = async () => {
    const loaded = await loadModelFolder(manifest);
    return loaded.readModels(loaded.manifest.stages[0]!.variants[0]!);
  };
  write(variant('other', 'onnx/model_fp16.onnx'));
  await expect(read()).rejects.toThrow(ChecksumError);
  write(variant('right', 'onnx/model.onnx'));
  expect(await read()).toEqual({ model });
  await hub.close();
  expect(await read()).toEqual({ model });
});
