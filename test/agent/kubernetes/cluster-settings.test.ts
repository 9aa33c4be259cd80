import { expect, test } from 'vitest';
import { clusterSettings } from '../../../agent/commands/cluster.ts';

const namespace = 'shop';
const first = clusterSettings({ namespace }, 'fashion');

test('models are those of the image unless a claim is given', () => {
  expect(first).toMatchObject({ manifest: 'models/fashion/manifest.json', modelsClaim: null });
});

test('a claim stays as it was applied until a manifest in the image is asked for', () => {
  const claimed = clusterSettings({ namespace, modelsClaim: 'shop-models' }, 'fashion', first);
  expect(claimed).toMatchObject({ manifest: '/models/manifest.json', modelsClaim: 'shop-models' });
  expect(clusterSettings({ namespace, image: 'other:2' }, 'fashion', claimed)).toEqual({
    ...claimed,
    image: 'other:2',
  });
  const back = clusterSettings({ namespace, imageManifest: 'models/own/manifest.json' }, 'fashion', claimed);
  expect(back).toMatchObject({ manifest: 'models/own/manifest.json', modelsClaim: null });
});
