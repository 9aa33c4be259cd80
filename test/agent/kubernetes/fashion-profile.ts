import { sha256Of, sizeBytesOf } from '../../../solver/documents/manifest.ts';
import type { Profile } from '../../../solver/documents/profile.ts';
import { cell, profile, runs } from '../../solver/profiles.ts';
import { fashion } from './objects/plans.ts';

/** The shipped models, at times made up: the more accurate a variant, the slower. */
export function fashionProfile(): Profile {
  const cells = fashion.manifest.stages.flatMap(({ name, variants }) =>
    variants.flatMap((variant, v) =>
      [1, 2, 4].map((batch) => cell(name, variant.name, 'cpu', batch, runs(5 * (v + 1) * (0.5 + batch / 2)))),
    ),
  );
  const { device } = profile([
    cell('detect', 's', 'cpu', 1, runs(1)),
    cell('classify', 's', 'cpu', 1, runs(1)),
  ]);
  return profile(cells, {
    pipeline: 'fashion',
    device: { ...device, platform: 'linux x64, some CPU' },
    stages: fashion.manifest.stages.map(({ name, task, variants }) => ({
      name,
      task,
      metric: 'top1',
      variants: variants.map((variant) => ({
        name: variant.name,
        sha256: sha256Of(variant),
        sizeBytes: sizeBytesOf(variant),
        accuracy: { published: variant.accuracy, measured: null },
      })),
    })),
    fanOut: [
      { stage: 'detect', upstream: {}, counts: [1, 1, 1, 1] },
      ...fashion.manifest.stages[0]!.variants.map(({ name: detect }) => ({
        stage: 'classify',
        upstream: { detect },
        counts: [1, 2, 3, 2],
      })),
    ],
  });
}
