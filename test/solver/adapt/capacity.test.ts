import fc from 'fast-check';
import { expect, it } from 'vitest';
import { capacityPerS } from '../../../solver/adapt/capacity.ts';
import { predict } from '../../../solver/simulate/predict.ts';
import { pipeline } from '../pipelines.ts';
import { planOn, request, resources } from '../profiles.ts';

const profile = pipeline({
  stages: {
    detect: { s: { accuracy: 0.6, ms: 20 }, l: { accuracy: 0.9, ms: 60 } },
    classify: { s: { accuracy: 0.7, ms: 10 }, l: { accuracy: 0.8, ms: 30 } },
  },
  spread: 1,
  items: [0, 1, 2],
});

it('is served for long with little missed, and a tenth more is not', async () => {
  const planAt = await planOn(profile);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 5, max: 120 }),
      fc.integer({ min: 2, max: 30 }),
      async (ratePerS, cores) => {
        const asked = request({
          slaMs: 2000,
          ratePerS,
          resources: resources({ cores, gpus: 0, utilisationMax: 1 }),
        });
        const plan = await planAt(asked).catch(() => undefined);
        fc.pre(plan !== undefined);
        const capacity = capacityPerS(plan!);
        const at = (rate: number) =>
          predict({ ...plan!, ratePerS: rate }, profile, { n: 12_000, seed: 1 }).slaAttainment;
        expect(at(0.9 * capacity)).toBeGreaterThan(0.97);
        expect(at(1.1 * capacity)).toBeLessThan(0.97);
      },
    ),
    { numRuns: 12 },
  );
});
