import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escalatedItems } from '../../solver/plan/escalated-items.ts';
import { cascadeProfile } from './cascades.ts';
import { cell, profile, runs } from './profiles.ts';

/** Confidences of the items of each request. Few values, so that many items have the same. */
const requests = fc.array(
  fc.array(
    fc.integer({ min: 0, max: 5 }).map((n) => n / 5),
    { maxLength: 6 },
  ),
  {
    minLength: 1,
    maxLength: 40,
  },
);

const measured = (paths: readonly (readonly (readonly number[])[])[]) =>
  profile([cell('classify', 's', 'cpu', 1, runs(1))], {
    fanOut: paths.map((path, p) => ({
      stage: 'classify',
      upstream: { detect: `d${p}` },
      counts: path.map((request) => request.length),
    })),
    paths: paths.map((path, p) => ({
      stage: 'classify',
      variant: 's',
      upstream: { detect: `d${p}` },
      confidences: path.flat(),
    })),
  });

it('is the most over all upstream variants of the mean, and of the percentile by counting each request', () => {
  fc.assert(
    fc.property(
      fc.array(requests, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(50, 90, 99),
      fc.integer({ min: 0, max: 6 }),
      (paths, percentile, threshold) => {
        // Confidences are fifths: a threshold between two of them leaves no doubt which are below it.
        const below = (threshold - 0.5) / 5;
        const counted = paths
          // A path without items has no confidences, so nothing was measured on it.
          .filter((path) => path.flat().length > 0)
          .map((path) =>
            path
              .map((request) => request.filter((confidence) => confidence < below).length)
              .sort((a, b) => a - b),
          );
        fc.pre(counted.length > 0);
        const items = escalatedItems(measured(paths), 'classify', 's', { percentile })(below);
        expect(items.mean).toBe(
          Math.max(...counted.map((all) => all.reduce((sum, n) => sum + n, 0) / all.length)),
        );
        expect(items.atPercentile).toBe(
          Math.max(
            1,
            ...counted.map((all) => all[Math.max(0, Math.ceil((percentile / 100) * all.length) - 1)]!),
          ),
        );
      },
    ),
  );
});

it('leaves out upstream variants that the plan may not have', () => {
  const of = measured([
    [[0.2, 0.4], [0.8]],
    [[0.8], [0.8]],
  ]);
  const asked = { percentile: 99, restrictTo: { detect: ['d1'] } };
  expect(escalatedItems(of, 'classify', 's', { percentile: 99 })(0.5).mean).toBe(1);
  expect(escalatedItems(of, 'classify', 's', asked)(0.5).mean).toBe(0);
});

it('is the share of the labelled items where the combination was not measured', () => {
  const pairs = [0.1, 0.3, 0.6, 0.9].map((confidence) => [confidence, true, true] as const);
  const { paths: _, ...without } = cascadeProfile(pairs);
  const items = escalatedItems(without, 'classify', 's', { percentile: 99 });
  expect(items(0.5)).toEqual({ mean: 2, atPercentile: 4 });
});

it('counts an item without a confidence as sure', () => {
  const of = measured([[[0.2], [0.2]]]);
  const [path] = of.paths!;
  const short = { ...of, paths: [{ ...path!, confidences: [0.2] }] };
  const long = { ...of, paths: [{ ...path!, confidences: [0.2, 0.9, 0.2] }] };
  expect(escalatedItems(short, 'classify', 's', { percentile: 99 })(0.5).mean).toBe(0.5);
  expect(escalatedItems(long, 'classify', 's', { percentile: 99 })(0.5).mean).toBe(0.5);
});
