import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { cascadesOf } from '../../solver/plan/cascades.ts';
import { solveIlp } from '../../solver/plan/ilp-choice.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import {
  AT_95,
  BOTH,
  cascadeProfile,
  classify,
  drawnPairs,
  PER_REQUEST,
  thresholdsOf,
  wellCalibrated,
} from './cascades.ts';
import { request, resources } from './profiles.ts';

const solver = await loadSolver();

/** Where the stages run: one worker with all of them, workers of one stage each, pods of one variant each, or a GPU. */
type Place = 'shared' | 'own' | 'pods' | 'gpu';

/** The best objective of all choices, by trying every pair of cells at every threshold and every single cell. */
function bruteForce(profile: Profile, asked: PlanRequest, place: Place): number {
  const { ratePerS, slaMs, objective, resources: limits } = asked;
  const rho = limits.utilisationMax;
  const cellsOf = (stage: string, variant: string) =>
    profile.cells.flatMap((one) =>
      one.state === 'measured' && one.stage === stage && one.variant === variant ? [one] : [],
    );
  const rowOf = (
    { latencyMs: { p50 }, batch }: ReturnType<typeof cellsOf>[number],
    perRequest: number,
    most: number,
  ) => ({
    batch,
    busy: (ratePerS * perRequest * 1.1 * p50) / (1000 * batch),
    bound: (replicas: number) =>
      Math.ceil(most / (batch * replicas)) * 2 * p50 + (1000 * (batch - 1)) / (ratePerS * perRequest),
  });
  type Row = ReturnType<typeof rowOf>;
  interface Choice {
    readonly accuracy: number;
    /** The rows that each worker holds. */
    readonly workers: readonly (readonly Row[])[];
  }
  const detect = cellsOf('detect', 's').map(
    (one): Choice => ({ accuracy: 0.5, workers: [[rowOf(one, 1, 1)]] }),
  );
  const singles = classify(profile).variants.flatMap(({ name, accuracy }) =>
    cellsOf('classify', name).map(
      (one): Choice => ({
        accuracy: accuracy.measured!.value,
        workers: [[rowOf(one, PER_REQUEST, PER_REQUEST)]],
      }),
    ),
  );
  const both = thresholdsOf(profile).flatMap(({ accuracy, items }) =>
    cellsOf('classify', 's').flatMap((one) =>
      cellsOf('classify', 'l').map((other): Choice => {
        const light = rowOf(one, PER_REQUEST, PER_REQUEST);
        const heavy = rowOf(other, items.mean, items.atPercentile);
        return { accuracy, workers: place === 'pods' ? [[light], [heavy]] : [[light, heavy]] };
      }),
    ),
  );
  const sum = <T>(of: readonly T[], value: (one: T) => number) =>
    of.reduce((soFar, one) => soFar + value(one), 0);
  let best = Number.NEGATIVE_INFINITY;
  for (const a of detect)
    for (const b of [...singles, ...both]) {
      const workers = [...a.workers, ...b.workers];
      const rows = workers.flat();
      const busy = sum(rows, (row) => row.busy);
      const together = place === 'shared' || place === 'gpu';
      const replicasOf = (own: readonly Row[]) =>
        together ? 1 : Math.max(1, Math.ceil(sum(own, (row) => row.busy) / rho - 1e-9));
      const latencyMs = sum(workers, (own) => sum(own, (row) => row.bound(replicasOf(own))));
      const cores = place === 'shared' ? 1 : sum(workers, replicasOf);
      if (latencyMs > slaMs || (together ? busy > rho : cores > limits.cores)) continue;
      const cost = place === 'gpu' ? limits.pricePerGpu * busy : cores;
      const weight = objective.beta * cost + objective.delta * sum(rows, ({ batch }) => batch);
      best = Math.max(best, objective.alpha * a.accuracy * b.accuracy - weight);
    }
  return best;
}

describe('the integer program', () => {
  it('finds the best of all single variants and cascades: on CPUs, in pods and on a GPU', () => {
    const chosen = { cpu: [0, 0], pods: [0, 0], gpu: [0, 0], shared: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom('cpu', 'pods', 'gpu'),
        fc.nat(),
        fc.constantFrom(10, 40, 90),
        fc.constantFrom(120, 300, 900),
        fc.constantFrom(1e-4, 3e-3, 1e-2, 3e-2),
        fc.constantFrom(8, 24),
        (machine, seed, ratePerS, slaMs, beta, cores) => {
          const onCpu = cascadeProfile(drawnPairs(seed));
          const profile =
            machine === 'gpu'
              ? { ...onCpu, cells: onCpu.cells.map((one) => ({ ...one, backend: 'webgpu' as const })) }
              : onCpu;
          const asked = request({
            ratePerS,
            slaMs,
            objective: { ...request().objective, beta },
            resources: resources({ cores }),
            ...(machine === 'pods' && { apart: true as const }),
          });
          const places: readonly Place[] = machine === 'cpu' ? ['own', 'shared'] : [machine];
          const bests = places.map((place) => bruteForce(profile, asked, place));
          const best = Math.max(...bests);
          if (best === Number.NEGATIVE_INFINITY) return;
          const { solution, plan: made } = solveIlp(solver, profile, asked);
          expect(solution.objective).toBeLessThan(best + 1e-9);
          // In a shared worker and on a GPU, the planner offers thresholds half a point of accuracy apart, and the accuracy of
          // `detect`, 0.5, halves that difference in PAS.
          const least = places.map(
            (place, p) => bests[p]! - (place === 'own' || place === 'pods' ? 0 : 0.0025),
          );
          expect(solution.objective).toBeGreaterThan(Math.max(...least) - 1e-9);
          if (machine === 'cpu' && made.workers.length === 1) chosen.shared++;
          chosen[machine][made.stages.length - 2]!++;
        },
      ),
      {
        numRuns: 100,
        // These requests get a plan with a cascade, as random ones for pods and for a GPU seldom do.
        examples: [
          ['pods', 0, 90, 120, 1e-4, 8],
          ['gpu', 0, 40, 300, 1e-4, 8],
        ],
      },
    );
    expect(Math.min(...Object.values(chosen).flat())).toBeGreaterThan(0);
  });

  it('finds the best threshold where only requests load the cores beside the models', () => {
    const two = cascadeProfile(wellCalibrated());
    const [stage] = two.stages.slice(1);
    const [coreMs, cores] = [2, 2];
    const profile = parseProfile(
      {
        ...two,
        device: { ...two.device, logicalCores: cores },
        stages: [stage],
        cells: two.cells.filter((one) => one.stage === 'classify'),
        fanOut: [{ stage: 'classify', upstream: {}, counts: wellCalibrated().map(() => 1) }],
        paths: two.paths!.map((path) => ({ ...path, upstream: {} })),
        endToEnd: [],
        serving: {
          requests: [
            { ...{ body: 'binary', bodyBytes: 9, n: 9, coreMs }, latency: [{ percentile: 50, delayMs: 1 }] },
          ],
        },
      },
      'test',
    );
    for (const ratePerS of [120, 150, 180]) {
      const asked = request({ ratePerS, slaMs: 2000, resources: resources({ cores, gpus: 0 }) });
      // A batch of four takes 1.1 · 3 times an item's median time: 2 ms with the light variant, 20 ms with the heavy one.
      const busy = (escalated: number) => (ratePerS * (0.825 * (2 + 20 * escalated) + coreMs)) / 1000;
      const fitting = cascadesOf(profile, stage!, BOTH, AT_95)[0]!.thresholds.filter(
        ({ items }) => busy(items.mean) <= 0.8 * cores,
      );
      const best = Math.max(...fitting.map(({ accuracy }) => accuracy));
      const { pas } = solveIlp(solver, profile, asked);
      expect(pas).toBeLessThan(best + 1e-9);
      // The planner offers thresholds half a point of accuracy apart.
      expect(pas).toBeGreaterThan(best - 0.005);
    }
  });

  it('finds the best threshold where handing out batches takes the serving thread most of its time', () => {
    const two = cascadeProfile(wellCalibrated());
    const hostMs = 8;
    const profile = parseProfile(
      {
        ...two,
        stages: two.stages.slice(1),
        cells: two.cells.filter((one) => one.stage === 'classify'),
        fanOut: [{ stage: 'classify', upstream: {}, counts: wellCalibrated().map(() => 1) }],
        paths: two.paths!.map((path) => ({ ...path, upstream: {} })),
        endToEnd: [],
        coRun: [
          {
            ...{ backend: 'cpu', threads: 1, stage: 'classify', n: 9, hostMs },
            delays: [{ percentile: 50, delayMs: 0 }],
          },
        ],
      },
      'test',
    );
    const ratePerS = 350;
    const fitting = cascadesOf(profile, profile.stages[0]!, BOTH, AT_95)[0]!.thresholds.filter(
      ({ items }) => (ratePerS * (1 + items.mean) * hostMs) / 4000 <= 0.8,
    );
    const best = Math.max(...fitting.map(({ accuracy }) => accuracy));
    const asked = request({ ratePerS, slaMs: 2000, resources: resources({ cores: 7, gpus: 0 }) });
    const { pas } = solveIlp(solver, profile, asked);
    expect(pas).toBeLessThan(best + 1e-9);
    // The planner offers thresholds half a point of accuracy apart.
    expect(pas).toBeGreaterThan(best - 0.005);
  });
});
