import { describe, expect, it } from 'vitest';
import { rivalSettings } from '../../bench/adaptation/rival-settings.ts';
import { type RivalSettings, rivals, SYSTEMS, type SystemName } from '../../bench/adaptation/rivals.ts';
import type { StandingRequest } from '../../solver/adapt/standing-request.ts';
import type { LoadState, System } from '../../solver/adapt/system.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError, NothingMeasuredError } from '../../solver/plan/errors.ts';
import { DEFAULT_OBJECTIVE } from '../../solver/plan/request.ts';
import { pipeline } from '../solver/pipelines.ts';
import { cell, profile, request, resources } from '../solver/profiles.ts';

const solver = await loadSolver();

/** 200 runs, of which the last four take more: mean ms + 0.02 · (p99 − ms), and that p99. */
const runs = (ms: number, p99Ms: number): number[] =>
  Array.from({ length: 200 }, (_, i) => (i < 196 ? ms : p99Ms));

/** Two stages with two variants each, whose fastest one is `s`. */
const STAGES = {
  detect: { s: { accuracy: 0.5, ms: 20 }, m: { accuracy: 0.8, ms: 60 } },
  classify: { s: { accuracy: 0.6, ms: 10 }, l: { accuracy: 0.9, ms: 40 } },
};

const SETTINGS: RivalSettings = {
  slaMs: 1000,
  resources: { cores: 100, pricePerCore: 1 },
  objective: { ...DEFAULT_OBJECTIVE },
  baseCores: { detect: { s: 1, m: 2 }, classify: { s: 1, l: 4 } },
  batchMax: 4,
  restrictTo: {},
  fa2Low: { detect: 's', classify: 's' },
  fa2High: { detect: 'm', classify: 'l' },
  rimReplicas: { detect: 3, classify: 5 },
};

const system = (name: SystemName, of: Profile, more: Partial<RivalSettings> = {}): System =>
  rivals(solver, { profile: of, sha256: 'b'.repeat(64) }, { ...SETTINGS, ...more }).find(
    (rival) => rival.name === name,
  )!;

const load = (medianPerS: number, p90PerS = 3 * medianPerS): LoadState => ({
  countsPerS: [p90PerS],
  forecast: { medianPerS, p90PerS },
});

const chosen = (plan: Plan) => plan.stages.map(({ variant, threads, batch }) => [variant, threads, batch]);

describe('IPA', () => {
  /** Each stage has one choice: batches of 2 at the base allocation. `classify` gets two items per request or more. */
  const forced = profile([
    cell('detect', 's', 'cpu', 2, runs(60, 160)),
    cell('classify', 's', 'cpu', 2, runs(30, 80)),
  ]);

  it('adds up the p99 of a batch and the wait for its last item, at the same rate in every stage', async () => {
    const plan = await system('ipa', forced).plan(load(40), undefined);
    // (b − 1) / λ = 1 / 40 s in both, though classify gets two items per request.
    expect(plan.stages.map(({ boundMs }) => boundMs)).toEqual([160 + 25, 80 + 25]);
    expect(plan.predicted.boundMs).toBe(290);
    expect(plan.stages.map(({ itemsPerS, maxWaitMs }) => [itemsPerS, maxWaitMs])).toEqual([
      [40, 25],
      [40, 25],
    ]);
  });

  it('with the options of ipa-edge counts the items that each stage gets', async () => {
    const plan = await system('ipa-options', forced).plan(load(40), undefined);
    expect(plan.stages.map(({ itemsPerS }) => itemsPerS)).toEqual([40, 80]);
  });

  it.each([
    // Means of 62 and 31 ms: λ · mean / (1000 · 2) = 0.031 λ and 0.0155 λ.
    [10, [1, 1]],
    [32, [1, 1]],
    [33, [2, 1]],
    [64, [2, 1]],
    [65, [3, 2]],
    [200, [7, 4]],
  ])('at %d/s has as many replicas as are busy throughout: %j', async (ratePerS, replicas) => {
    const plan = await system('ipa', forced).plan(load(ratePerS), undefined);
    expect(plan.stages.map((stage) => stage.replicas)).toEqual(replicas);
    expect(plan.workers).toHaveLength(replicas[0]! + replicas[1]!);
    expect(plan.predicted.cost).toBe(replicas[0]! + replicas[1]!);
  });

  it('plans for the median of the forecast, whatever its p90', async () => {
    expect((await system('ipa', forced).plan(load(40, 400), undefined)).ratePerS).toBe(40);
  });

  it('says what simulation makes of the items that there really are', async () => {
    const plan = await system('ipa', forced).plan(load(60), undefined);
    expect(plan.predicted.n).toBe(1000);
    // IPA takes each stage to get one item per request, so its one replica of `classify` gets at least twice as many as planned.
    expect(plan.predicted.slaAttainment).toBeLessThan(0.9);
  });

  it('has one allocation per variant and batches up to its limit', async () => {
    const of = pipeline({
      stages: STAGES,
      threads: [1, 2, 4],
      batches: [1, 2, 4, 8, 16],
    });
    const plansOf = (more: Partial<RivalSettings>) =>
      Promise.all([5, 50, 200].map((rate) => system('ipa', of, more).plan(load(rate), undefined)));
    const stages = (await plansOf({})).flatMap((plan) => plan.stages);
    for (const { name, variant, threads } of stages) expect(threads).toBe(SETTINGS.baseCores[name]![variant]);
    const largest = async (batchMax: number) =>
      Math.max(...(await plansOf({ batchMax })).flatMap((plan) => plan.stages.map(({ batch }) => batch)));
    expect(await largest(2)).toBe(2);
    expect(await largest(16)).toBeGreaterThan(2);
  });

  it('takes no GPU', async () => {
    const withGpu = profile([...forced.cells, cell('detect', 'm', 'webgpu', 1, runs(2, 3))]);
    expect(chosen(await system('ipa', withGpu).plan(load(10), undefined))[0]).toEqual(['s', 1, 2]);
  });

  it('changes variants without a cost of the switch', async () => {
    const of = pipeline({
      stages: {
        detect: { s: { accuracy: 0.5, ms: 20 }, m: { accuracy: 0.51, ms: 21 } },
        classify: { s: { accuracy: 0.6, ms: 10 } },
      },
      startMs: 60_000,
    });
    const settings = { baseCores: { detect: { s: 1, m: 1 }, classify: { s: 1 } } };
    const small = await system('ipa', of, { ...settings, restrictTo: { detect: ['s'] } }).plan(
      load(10),
      undefined,
    );
    const next = await system('ipa', of, settings).plan(load(10), small);
    expect([small, next].map((plan) => plan.stages[0]!.variant)).toEqual(['s', 'm']);
  });
});

describe('what the rivals may choose', () => {
  const of = pipeline({
    stages: STAGES,
    threads: [1, 2, 4],
  });
  const at = (name: SystemName, ratePerS: number, more: Partial<RivalSettings> = {}) =>
    system(name, of, more).plan(load(ratePerS), undefined);
  const variants = (plan: Plan) => plan.stages.map(({ variant }) => variant);
  const replicas = (plan: Plan) => plan.stages.map((stage) => stage.replicas);

  it('is named as the systems are, but for ours', () => {
    const all = rivals(solver, { profile: of, sha256: 'b'.repeat(64) }, SETTINGS);
    expect(['ours', ...all.map(({ name }) => name)]).toEqual([...SYSTEMS]);
  });

  it.each([
    ['fa2-low', ['s', 's']],
    ['fa2-high', ['m', 'l']],
  ] as const)(
    '%s pins the variants, and follows the load with batches and replicas',
    async (name, pinned) => {
      const [calm, busy] = [await at(name, 2), await at(name, 150)];
      expect([variants(calm), variants(busy)]).toEqual([pinned, pinned]);
      expect(busy.workers.length).toBeGreaterThan(calm.workers.length);
    },
  );

  it('RIM pins the replicas, and follows the load with variants and batches', async () => {
    const [calm, busy] = [await at('rim', 5), await at('rim', 150)];
    expect([replicas(calm), replicas(busy)]).toEqual([
      [3, 5],
      [3, 5],
    ]);
    expect(variants(calm)).toEqual(['m', 'l']);
    expect(busy.stages[0]!.variant).toBe('s');
  });

  it('all keep to the variants that are allowed', async () => {
    const allowed = { restrictTo: { detect: ['s'] } };
    for (const name of ['ipa', 'rim'] as const)
      expect(variants(await at(name, 5, allowed))).toEqual(['s', 'l']);
  });

  it.each(['ipa', 'fa2-low', 'fa2-high', 'rim'] as const)(
    '%s leaves the pipeline as it is where nothing meets the SLA',
    async (name) => {
      const rival = system(name, of, { resources: { cores: 30, pricePerCore: 1 } });
      const first = await rival.plan(load(5), undefined);
      expect(await rival.plan(load(1e5), first)).toBe(first);
      expect(rival.overtaken(load(5).forecast, [1e5, 1e5, 1e5])).toBe(false);
    },
  );

  it('is the nearest rate where nothing runs yet that could stay', async () => {
    const plan = await at('ipa', 1e5, { resources: { cores: 30, pricePerCore: 1 } });
    expect(plan.ratePerS).toBeLessThan(1e4);
    expect(plan.ratePerS).toBeGreaterThan(10);
  });

  it('is nothing where no rate helps', async () => {
    await expect(at('ipa', 5, { slaMs: 1 })).rejects.toThrow(InfeasiblePlanError);
  });

  it('at no load is what one request in ten seconds needs', async () => {
    expect((await at('ipa', 0)).ratePerS).toBe(0.1);
  });
});

describe("rivals' settings on a measured profile", () => {
  const { ratePerS: _, ...asked } = request({ resources: resources({ gpus: 0 }) });
  const of = pipeline({
    stages: STAGES,
    threads: [1, 2],
    batches: [1, 2, 8],
    items: [1, 3],
  });
  const settings = (ratePerS: number, on = of, more: Partial<Omit<StandingRequest, 'minRatePerS'>> = {}) =>
    rivalSettings(on, { ...asked, ...more }, ratePerS);

  it('are the fewest threads, the slowest and the fastest variants, and the largest batch', () => {
    expect(settings(10)).toMatchObject({
      slaMs: 500,
      resources: { cores: 8 },
      baseCores: { detect: { s: 1, m: 1 }, classify: { s: 1, l: 1 } },
      batchMax: 8,
      restrictTo: {},
      fa2Low: { detect: 's', classify: 's' },
      fa2High: { detect: 'm', classify: 'l' },
    });
  });

  it('are as many replicas for RIM as the slowest variants need on those threads, one item at a time', () => {
    // A request needs 60 ms in `detect`, for one item, and 80 ms in `classify`, for two.
    expect(settings(10).rimReplicas).toEqual({ detect: 1, classify: 1 });
    expect(settings(20).rimReplicas).toEqual({ detect: 2, classify: 2 });
    expect(settings(90).rimReplicas).toEqual({ detect: 6, classify: 8 });
  });

  it('are of the CPU alone, as the rivals are', async () => {
    const gpu = [
      cell('detect', 's', 'webgpu', 32, runs(2, 3)),
      cell('detect', 'm', 'webgpu', 1, runs(2, 3)),
      cell('classify', 'l', 'webgpu', 1, runs(2, 3)),
    ];
    const cpu = of.cells.filter(({ threads }) => threads === 2);
    const mixed = settings(20, { ...of, cells: [...gpu, ...cpu] });
    expect(mixed).toMatchObject({
      baseCores: { detect: { s: 2, m: 2 }, classify: { s: 2, l: 2 } },
      batchMax: 8,
      fa2High: { detect: 'm', classify: 'l' },
    });
    expect(mixed.rimReplicas).toEqual({ detect: 1, classify: 1 });
    expect(() => settings(20, { ...of, cells: gpu })).toThrow(NothingMeasuredError);
  });

  it('let every rival plan', async () => {
    for (const { name, plan } of rivals(solver, { profile: of, sha256: 'b'.repeat(64) }, settings(10))) {
      const { stages } = await plan(load(10), undefined);
      expect([name, stages.map(({ threads }) => threads)]).toEqual([name, [1, 1]]);
    }
  });
});
