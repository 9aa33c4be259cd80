import { sha256Of, sizeBytesOf } from '../../../solver/documents/manifest.ts';
import { type Profile, parseProfile } from '../../../solver/documents/profile.ts';
import { cell, profile, runs } from '../../solver/profiles.ts';
import { fashion } from './objects/plans.ts';

/**
 * Makes a profile of the shipped models with made-up times: the more accurate a variant, the slower.
 * @param most number of variants of each stage, the lightest first: with few variants, planning is fast; absent: all
 */
export function fashionProfile(most?: number): Profile {
  const stages = fashion.manifest.stages.map(({ variants, ...stage }) => ({
    ...stage,
    variants: variants.slice(0, most),
  }));
  const cells = stages.flatMap(({ name, variants }) =>
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
    stages: stages.map(({ name, task, variants }) => ({
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
      ...stages[0]!.variants.map(({ name: detect }) => ({
        stage: 'classify',
        upstream: { detect },
        counts: [1, 2, 3, 2],
      })),
    ],
  });
}

/** Number of labelled garments, of which every fifth is hard to classify. */
const GARMENTS = 200;

/**
 * Makes the profile of {@link fashionProfile} with answers to labelled garments. The best classifier is always right; the others
 * are wrong about hard garments, and not sure of them. So a cascade is nearly as good as the best classifier, in a fraction of
 * its time.
 */
export function cascadeProfile(): Profile {
  const plain = fashionProfile();
  const stages = plain.stages.map((stage) => {
    if (stage.name !== 'classify') return stage;
    const variants = stage.variants.map((variant, v) => {
      const best = v === stage.variants.length - 1;
      const answers = Array.from({ length: GARMENTS }, (_, i): [number, number, number] => {
        const hard = i % 5 === 0;
        return [hard ? 0.3 : 0.95, hard && !best ? 0 : 1, 1];
      });
      const measured = { value: best ? 1 : 0.8, n: GARMENTS };
      return { ...variant, accuracy: { published: null, measured }, answers };
    });
    return { ...stage, variants };
  });
  return parseProfile({ ...plain, stages }, 'made up');
}

/**
 * Makes a profile for pods, as a job measures it on a node with `logicalCores` cores. It has the cost of a request, and of a
 * batch's way to a pod.
 */
export function podsProfile(logicalCores: number): Profile {
  const plain = fashionProfile();
  const latency = [{ percentile: 50, delayMs: 1 }];
  return parseProfile(
    {
      ...plain,
      device: { ...plain.device, logicalCores },
      serving: {
        requests: [{ body: 'binary', bodyBytes: 1000, n: 10, coreMs: 1, latency }],
        hops: plain.stages.map(({ name }) => ({
          ...{ stage: name, items: 1, n: 10, gatewayMs: 0.2, podMs: 0.2, latency },
        })),
      },
    },
    'made up',
  );
}
