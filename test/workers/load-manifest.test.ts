import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { loadManifest } from '../../workers/index.node.ts';
import { FASHION } from './fashion.ts';

test('a manifest on this machine, and the files that it names, are read by the address of the manifest, too', async () => {
  const url = pathToFileURL(FASHION);
  for (const address of [url, url.href]) {
    const { pipeline, readModels } = await loadManifest(address);
    const { model } = await readModels(pipeline.first.variant('det4'));
    expect(model!.length).toBeGreaterThan(0);
  }
});
