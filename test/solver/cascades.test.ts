import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standingRequest } from '../../solver/adapt/standing-request.ts';
import { parsePlan } from '../../solver/documents/plan.ts';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { profileFrontier } from '../../solver/frontier/profile-frontier.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { cascadesOf } from '../../solver/plan/cascades.ts';
import { solveIlp } from '../../solver/plan/ilp-choice.ts';
import { plan } from '../../solver/plan/planner.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { drawPackItems, packItemCounts } from '../../solver/simulate/fanout.ts';
import {
  AT_95,
  BOTH,
  cascadeProfile,
  classify,
  PER_REQUEST,
  thresholdsOf,
  wellCalibrated,
} from './cascades.ts';
import { request, resources } from './profiles.ts';

const solver = await loadSolver();

/**
 * The best objective of all choices, by trying every pair of cells at every threshold and every single cell.
 * @param shared whether one worker holds all stages
 */
function bruteForce(profile: Profile, asked: PlanRequest, shared: boolean): number {
  const { ratePerS, slaMs, objective, resources: limits } = asked;
  const rho = limits.utilisationMax;
  const cellsOf = (stage: string, variant: string) =>
    profile.cells.flatMap((one) =>
      one.state === 'measured' && one.stage === stage && one.variant === variant ? [one] : [],
    );
  const meanOf = (ms: number) => 1.1 * ms;
  const rows = (one: ReturnType<typeof cellsOf>[number], perRequest: number, most: number) => {
    const ms = one.latencyMs.p50;
    return {
      batch: one.batch,
      busy: (ratePerS * perRequest * meanOf(ms)) / (1000 * one.batch),
      bound: (n: number) =>
        Math.ceil(most / (one.batch * n)) * 2 * ms + (1000 * (one.batch - 1)) / (ratePerS * perRequest),
    };
  };
  interface Choice {
    readonly accuracy: number;
    readonly cost: number;
    readonly latencyMs: number;
    readonly batch: number;
    readonly busy: number;
  }
  const workers = (busy: number) => (shared ? 1 : Math.max(1, Math.ceil(busy / rho - 1e-9)));
  const detect = cellsOf('detect', 's').map((one): Choice => {
    const row = rows(one, 1, 1);
    const n = workers(row.busy);
    return { accuracy: 0.5, cost: n, latencyMs: row.bound(n), ...row };
  });
  const singles = classify(profile).variants.flatMap(({ name, accuracy }) =>
    cellsOf('classify', name).map((one): Choice => {
      const row = rows(one, PER_REQUEST, PER_REQUEST);
      const n = workers(row.busy);
      return { accuracy: accuracy.measured!.value, cost: n, latencyMs: row.bound(n), ...row };
    }),
  );
  const both = thresholdsOf(profile).flatMap(({ accuracy, items }) =>
    cellsOf('classify', 's').flatMap((light) =>
      cellsOf('classify', 'l').map((heavy): Choice => {
        const first = rows(light, PER_REQUEST, PER_REQUEST);
        const second = rows(heavy, items.mean, items.atPercentile);
        const busy = first.busy + second.busy;
        const n = workers(busy);
        const latencyMs = first.bound(n) + second.bound(n);
        return { accuracy, cost: n, latencyMs, batch: first.batch + second.batch, busy };
      }),
    ),
  );
  let best = Number.NEGATIVE_INFINITY;
  for (const a of detect)
    for (const b of [...singles, ...both]) {
      const cost = shared ? 1 : a.cost + b.cost;
      if (a.latencyMs + b.latencyMs > slaMs || cost > limits.cores || (shared && a.busy + b.busy > rho))
        continue;
      const weight = objective.beta * cost + objective.delta * (a.batch + b.batch);
      best = Math.max(best, objective.alpha * a.accuracy * b.accuracy - weight);
    }
  return best;
}

describe('the integer program', () => {
  it('finds the best of all single variants and cascades', () => {
    const chosen = { cascades: 0, singles: 0, shared: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom(10, 40, 90),
        fc.constantFrom(120, 300, 900),
        fc.constantFrom(1e-4, 3e-3, 1e-2, 3e-2),
        fc.constantFrom(8, 24),
        (ratePerS, slaMs, beta, cores) => {
          const profile = cascadeProfile(wellCalibrated());
          const asked = request({
            ratePerS,
            slaMs,
            objective: { ...request().objective, beta },
            resources: resources({ cores }),
          });
          const [own, shared] = [false, true].map((one) => bruteForce(profile, asked, one));
          const best = Math.max(own!, shared!);
          if (best === Number.NEGATIVE_INFINITY) return;
          const { solution, plan: made } = solveIlp(solver, profile, asked);
          expect(solution.objective).toBeLessThan(best + 1e-9);
          // In a shared worker, thresholds are offered half a point apart in accuracy; that of `detect` is 0.5.
          expect(solution.objective).toBeGreaterThan(Math.max(own!, shared! - 0.0025) - 1e-9);
          if (made.workers.length === 1) chosen.shared++;
          if (made.stages.length === 3) chosen.cascades++;
          else chosen.singles++;
        },
      ),
      { numRuns: 60 },
    );
    expect(Math.min(chosen.cascades, chosen.singles, chosen.shared)).toBeGreaterThan(0);
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
      // Batches of four take 1.1 · 3 times what one item does at the median: 2 ms with the light variant, 20 ms with the heavy one.
      const busy = (escalated: number) => (ratePerS * (0.825 * (2 + 20 * escalated) + coreMs)) / 1000;
      const fitting = cascadesOf(profile, stage!, BOTH, AT_95)[0]!.thresholds.filter(
        ({ items }) => busy(items.mean) <= 0.8 * cores,
      );
      const best = Math.max(...fitting.map(({ accuracy }) => accuracy));
      const { pas } = solveIlp(solver, profile, asked);
      expect(pas).toBeLessThan(best + 1e-9);
      // Thresholds are offered half a point apart in accuracy.
      expect(pas).toBeGreaterThan(best - 0.005);
    }
  });

  it('takes a cascade where the cores do not suffice for the heavy variant alone', () => {
    const profile = cascadeProfile(wellCalibrated());
    const asked = request({ ratePerS: 60, slaMs: 400, resources: resources({ cores: 5 }) });
    const made = plan(solver, { profile, sha256: '0'.repeat(64) }, asked);
    const [, light, heavy] = made.stages;
    expect([light!.variant, heavy!.variant, heavy!.escalation!.from]).toEqual(['s', 'l', 'classify']);
    const { below, share, accuracy } = heavy!.escalation!;
    const all = wellCalibrated();
    expect(share).toBeCloseTo(all.filter(([confidence]) => confidence < below).length / all.length, 9);
    expect(heavy!.itemsPerS).toBeCloseTo(60 * PER_REQUEST * share, 6);
    // Both variants sit in the same workers.
    expect(
      made.workers.filter(({ stages }) => stages.includes('classify')).map(({ stages }) => stages),
    ).toEqual(Array(light!.replicas).fill(['classify', 'classify-heavy']));
    // End to end the pack is replayed, item by item.
    const right = all.filter(([confidence, l, h]) => (confidence < below ? h : l)).length / all.length;
    expect(made.predicted.endToEnd).toBeCloseTo(right, 9);
    expect(made.predicted.pas).toBeCloseTo(0.5 * accuracy, 9);
    expect(accuracy).toBeLessThan(right);
    const single = plan(solver, { profile, sha256: '0'.repeat(64) }, { ...asked, cascades: false });
    expect(single.stages).toHaveLength(2);
    expect(single.predicted.pas).toBeLessThan(made.predicted.pas!);
    // Nor may a plan that replaces it have a cascade.
    expect(standingRequest(parsePlan(single, 'made'), ['cpu']).cascades).toBe(false);
    expect(standingRequest(made, ['cpu']).cascades).toBeUndefined();
  });

  it('puts the variants in workers of their own where stages run in pods', () => {
    const profile = cascadeProfile(wellCalibrated());
    const asked = request({ ratePerS: 60, slaMs: 400, resources: resources({ cores: 6 }), apart: true });
    const { plan: made } = solveIlp(solver, profile, asked);
    expect(made.stages).toHaveLength(3);
    for (const { name, replicas } of made.stages)
      expect(made.workers.filter(({ stages }) => stages.includes(name)).map(({ stages }) => stages)).toEqual(
        Array(replicas).fill([name]),
      );
  });

  it('keeps a cascade that serves, and changes only its batches', () => {
    const profile = cascadeProfile(wellCalibrated());
    const asked = request({ ratePerS: 60, slaMs: 400, resources: resources({ cores: 5 }) });
    const { plan: serving } = solveIlp(solver, profile, asked);
    const kept = { ...asked, ratePerS: 50, keep: serving };
    const { plan: next } = solveIlp(solver, profile, kept);
    const session = ({ name, variant, replicas, escalation }: (typeof next.stages)[number]) => [
      name,
      variant,
      replicas,
      escalation?.below,
    ];
    expect(next.stages.map(session)).toEqual(serving.stages.map(session));
  });

  it('offers cascades at the frontier, where they beat every single variant of the same cost', () => {
    const profile = cascadeProfile(wellCalibrated());
    const asked = request({ ratePerS: 60, slaMs: 900, resources: resources({ cores: 24 }) });
    const points = profileFrontier(profile, asked);
    const without = profileFrontier(profile, { ...asked, cascades: false });
    expect(points.some(({ cascades }) => cascades)).toBe(true);
    for (const { cost, boundMs, accuracy } of without)
      expect(
        points.some((point) => point.cost <= cost && point.boundMs <= boundMs && point.accuracy >= accuracy),
      ).toBe(true);
    const best = (of: typeof points, cost: number) =>
      Math.max(...of.filter((point) => point.cost <= cost).map(({ accuracy }) => accuracy));
    expect(best(points, 4)).toBeGreaterThan(best(without, 4));
  });
});

it('the simulated items escalate as those of the pack did', () => {
  const profile = cascadeProfile(wellCalibrated());
  const { plan: made } = solveIlp(
    solver,
    profile,
    request({ ratePerS: 60, slaMs: 400, resources: resources({ cores: 5 }) }),
  );
  const { packSize, escalates } = packItemCounts(profile, made.stages);
  const { below } = made.stages[2]!.escalation!;
  expect(packSize).toBe(wellCalibrated().length / PER_REQUEST);
  for (const packItem of drawPackItems(50, packSize, 1))
    for (let position = 0; position < PER_REQUEST; position++)
      expect(escalates!(packItem, 1, position)).toBe(
        wellCalibrated()[PER_REQUEST * packItem + position]![0] < below,
      );
});
