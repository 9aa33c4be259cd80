import { expect, test } from 'vitest';
import { givenSettings } from '../../../agent/commands/pod-options.ts';
import { podSettings } from '../../../agent/kubernetes/settings.ts';

const settings = (flags: Parameters<typeof givenSettings>[0], applied = first) =>
  podSettings('fashion', 'shop', givenSettings(flags), applied);
const first = podSettings('fashion', 'shop', {});

test('models are those of the image unless a claim is given', () => {
  expect(first).toMatchObject({ manifest: 'models/fashion/manifest.json', modelsClaim: null });
});

test('a claim stays as it was applied until a manifest in the image is asked for', () => {
  const claimed = settings({ modelsClaim: 'shop-models' });
  expect(claimed).toMatchObject({ manifest: '/models/manifest.json', modelsClaim: 'shop-models' });
  expect(settings({ image: 'other:2' }, claimed)).toEqual({ ...claimed, image: 'other:2' });
  const back = settings({ imageManifest: 'models/own/manifest.json' }, claimed);
  expect(back).toMatchObject({ manifest: 'models/own/manifest.json', modelsClaim: null });
});
