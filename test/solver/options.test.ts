import { describe, expect, it } from 'vitest';
import { type Cell, keyOf, type MeasuredCell } from '../../solver/documents/cell.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { PlanStage } from '../../solver/documents/plan.ts';
import { parseProfile } from '../../solver/documents/profile.ts';
import { NoAccuracyError, NothingMeasuredError } from '../../solver/plan/errors.ts';
import { fanOut } from '../../solver/plan/items-per-request.ts';
import { planOptions } from '../../solver/plan/options.ts';
import type { PlanOption } from '../../solver/plan/plan-option.ts';
import { DEFAULT_OBJECTIVE, type PlanRequest } from '../../solver/plan/request.ts';
import { usableCells } from '../../solver/plan/usable-cells.ts';
import { cell, profile, request, resources, runs } from './profiles.ts';

const detect = (more: Partial<MeasuredCell> = {}) => cell('detect', 's', 'cpu', 1, runs(10), more);

/** Returns the option that a cell of `classify` becomes at 10 requests/s: 30 items/s, and 6 items of a request at p95. */
function classify(of: MeasuredCell, asked: Partial<PlanRequest> = {}): PlanOption {
  const { byId, overloaded } = planOptions(profile([detect(), of]), request(asked));
  expect(overloaded).toEqual([]);
  return [...byId[1]!.values()][0]!;
}

describe('fan-out', () => {
  it('is the largest mean and the largest percentile over upstream variants', () => {
    expect(fanOut(profile([detect()]), 'classify', 95)).toEqual({ mean: 3, atPercentile: 6 });
    expect(fanOut(profile([detect()]), 'classify', 50)).toEqual({ mean: 3, atPercentile: 3 });
  });
  it('counts only upstream variants that are allowed', () => {
    expect(fanOut(profile([detect()]), 'classify', 95, { detect: ['s'] })).toEqual({
      mean: 2,
      atPercentile: 6,
    });
    expect(fanOut(profile([detect()]), 'classify', 95, { detect: ['m'] })).toEqual({
      mean: 3,
      atPercentile: 4,
    });
  });
  it('is 1 where it was not measured', () => {
    expect(fanOut(profile([detect()], { fanOut: [] }), 'classify', 95)).toEqual({ mean: 1, atPercentile: 1 });
  });
});

describe('an option on a CPU', () => {
  it('has the replicas, wait, stage time and cost of the formulas', () => {
    // 30 items/s · 44 ms = 1.32 busy workers at batch 1; ⌈1.32 / 0.8⌉ = 2 replicas of 2 threads; a bound of ⌈6 / 2⌉ · 80 ms.
    const one = classify(cell('classify', 's', 'cpu', 1, runs(40), { threads: 2 }));
    expect(one).toMatchObject({
      itemsPerS: 30,
      replicas: 2,
      waitMs: 0,
      boundMs: 240,
      gpuShare: 0,
      cores: 4,
      cost: 4,
    });
    expect(one.meanMs).toBeCloseTo(44, 10);
    expect(one.latencyMs).toBe(80);
    // Batch 4: 30 · 110 / 4000 = 0.825 busy workers, so 2 replicas; a wait of 3 / 30 s; ⌈6 / 8⌉ · 200 ms for the batches.
    const four = classify(cell('classify', 's', 'cpu', 4, runs(100)));
    expect(four).toMatchObject({
      replicas: 2,
      waitMs: 100,
      boundMs: 300,
      cores: 2,
      cost: 2,
      memoryBytes: 2_000_000,
    });
  });
  it('does not buy a replica for rounding', () => {
    // 30 · 26.666… / 1000 differs from 0.8, the highest utilisation, only in its last bit.
    const option = classify(
      cell(
        'classify',
        's',
        'cpu',
        1,
        Array.from({ length: 20 }, () => 80 / 3),
      ),
    );
    expect(option.replicas).toBe(1);
  });
  it('never waits where nothing arrives', () => {
    const none = profile([detect(), cell('classify', 's', 'cpu', 4, runs(10))], {
      fanOut: [{ stage: 'classify', upstream: {}, counts: [0, 0] }],
    });
    const option = [...planOptions(none, request()).byId[1]!.values()][0]!;
    expect(option).toMatchObject({ itemsPerS: 0, replicas: 1, waitMs: 0, boundMs: 0 });
  });
});

describe('an option on the GPU', () => {
  it('has one replica, a share and its price, and holds no cores', () => {
    // 30 · 22 / 2000 = 0.33 of the GPU; ⌈6 / 2⌉ · 40 ms + 1 / 30 s.
    const option = classify(cell('classify', 's', 'webgpu', 2, runs(20)));
    expect(option).toMatchObject({ replicas: 1, cores: 0, waitMs: 1000 / 30, boundMs: 120 + 1000 / 30 });
    expect(option.gpuShare).toBeCloseTo(0.33, 12);
    expect(option.cost).toBeCloseTo(8 * 0.33, 12);
  });
  it('is none where it alone needs more than the highest utilisation, however many GPUs there are', () => {
    const busy = profile([detect(), cell('classify', 's', 'webgpu', 1, runs(25))]);
    const { byId, overloaded } = planOptions(busy, request({ resources: resources({ gpus: 2 }) }));
    expect(byId[1]!.size).toBe(0);
    expect(overloaded).toEqual([
      'Stage classify gets 30 items per second, which take at least 82.5 % of the time of a GPU, but at most 80 % may be used',
    ]);
  });
});

describe('latencies', () => {
  it('are of inference and handling run by run, at the percentile', () => {
    const inferenceMs = Array.from({ length: 20 }, (_, i) => i);
    const handlingMs = Array.from({ length: 20 }, (_, i) => 19 - i);
    const option = classify(cell('classify', 's', 'cpu', 1, runs(1), { inferenceMs, handlingMs }));
    expect(option).toMatchObject({ meanMs: 19, latencyMs: 19 });
  });
  it('are those of the slow batches where items are of two sizes', () => {
    const twoSizes = Array.from({ length: 40 }, (_, i) => (i % 10 === 3 ? 300 : 10));
    const option = classify(cell('classify', 's', 'cpu', 1, twoSizes));
    expect(option).toMatchObject({ meanMs: 39, latencyMs: 300 });
  });
  it('are the maximum where there are too few samples', () => {
    expect(classify(cell('classify', 's', 'cpu', 1, [5, 9, 7])).latencyMs).toBe(9);
  });
});

describe('accuracy and switches', () => {
  it('takes the measured accuracy before the published one', () => {
    const cells = [
      detect(),
      cell('detect', 'm', 'cpu', 1, runs(20)),
      cell('classify', 's', 'cpu', 1, runs(5)),
    ];
    const [first] = planOptions(profile(cells), request()).byId;
    expect([...first!.values()].map((option) => option.accuracy)).toEqual([0.5, 0.8]);
  });
  it('counts what was measured alone where nothing was published; without either there is no plan', () => {
    const base = profile([detect(), cell('classify', 's', 'cpu', 1, runs(5))]);
    const own = (measured: { value: number; n: number } | null) => {
      const changed = structuredClone(base);
      changed.stages[0]!.variants[0]!.accuracy = { published: null, measured };
      return parseProfile(changed, 'own');
    };
    const [first] = planOptions(own({ value: 0.7, n: 10 }), request()).byId;
    expect([...first!.values()][0]!.accuracy).toBe(0.7);
    expect(() => planOptions(own(null), request())).toThrow(NoAccuracyError);
  });
  it('counts the same accuracy for all variants where none is known of any', () => {
    const cells = [
      detect(),
      cell('classify', 's', 'cpu', 1, runs(5)),
      cell('detect', 'm', 'cpu', 1, runs(9)),
    ];
    const changed = structuredClone(profile(cells));
    for (const { variants } of changed.stages)
      for (const variant of variants) variant.accuracy = { published: null, measured: null };
    const { byId } = planOptions(parseProfile(changed, 'unknown'), request());
    expect(byId.map((options) => new Set([...options.values()].map(({ accuracy }) => accuracy)))).toEqual([
      new Set([1]),
      new Set([1]),
    ]);
  });
  it('costs η · (load + create + first run) / horizon to change variant or backend', () => {
    const of = cell('classify', 's', 'cpu', 1, runs(5));
    const now = (variant: string, backend: 'cpu' | 'webgpu') =>
      classify(of, { current: [{ name: 'classify', variant, backend, threads: 1, replicas: 3 }] }).switchCost;
    expect(now('s', 'cpu')).toBe(0);
    expect(now('l', 'cpu')).toBe(0.05);
    expect(now('s', 'webgpu')).toBe(0.05);
    expect(classify(of).switchCost).toBe(0);
  });
  it('costs the cores that it replaces for the time in which they are held too', () => {
    const change = (from: Backend, to: Backend, threads: number, heldTwice?: number) =>
      classify(cell('classify', 's', to, 1, runs(5)), {
        apart: true,
        objective: { ...DEFAULT_OBJECTIVE, beta: 0.01, eta: 0 },
        current: [{ name: 'classify', variant: 's', backend: from, threads, replicas: 3 }],
        ...(heldTwice !== undefined && { heldTwice }),
      }).switchCost;
    expect(change('cpu', 'cpu', 2, 0.25)).toBeCloseTo(0.01 * 6 * 0.25);
    expect(change('cpu', 'cpu', 1, 0.25)).toBe(0);
    expect(change('cpu', 'cpu', 2)).toBe(0);
    expect(change('cpu', 'webgpu', 1, 0.25)).toBeCloseTo(0.01 * 3 * 0.25);
    expect(change('webgpu', 'cpu', 1, 0.25)).toBe(0);
  });
});

describe('the problem', () => {
  it('holds the limits of the resources', () => {
    const { problem } = planOptions(
      profile([detect(), cell('classify', 's', 'webgpu', 2, runs(20))]),
      request({ resources: resources({ cores: 6, memoryBytes: 5e9 }) }),
    );
    expect(problem).toMatchObject({ slaMs: 500, coresMax: 6, memoryBytesMax: 5e9 });
    expect(problem.stages[1]!.options[0]).toMatchObject({ id: 's/webgpu/1/2', batch: 2, cores: 0 });
  });

  it.each([
    [0, 0],
    [0.5, 0.4],
    [1, 0.8],
    [2, 0.8],
  ])('lets the stages, which share a worker on the GPU, use one GPU of %d', (gpus, gpuShareMax) => {
    const onGpu = profile([detect(), cell('classify', 's', 'webgpu', 2, runs(20))]);
    const { problem } = planOptions(onGpu, request({ resources: resources({ gpus }) }));
    expect(problem.gpuShareMax).toBeCloseTo(gpuShareMax, 12);
  });

  it('leaves out what a session that stays cannot run: on a GPU, it would compile shaders for larger batches', () => {
    const cells = (['cpu', 'webgpu'] as const).flatMap((backend) =>
      [1, 2, 4].flatMap((batch) => [
        cell('classify', 's', backend, batch, runs(5)),
        cell('classify', 'l', backend, batch, runs(5)),
        cell('classify', 's', backend, batch, runs(5), { threads: 2 }),
      ]),
    );
    const batches = (backend: Backend) => {
      const session = { variant: 's', backend, threads: 1, batch: 2 } as PlanStage;
      return usableCells(profile(cells), 'classify', request(), session).map(({ batch }) => batch);
    };
    expect([batches('cpu'), batches('webgpu')]).toEqual([
      [1, 2, 4],
      [1, 2],
    ]);
  });

  it('leaves out what was not measured, differs in its outputs, or is not allowed', () => {
    const usable = cell('classify', 's', 'cpu', 1, runs(5));
    const cells = [
      detect(),
      usable,
      cell('classify', 's', 'cpu', 2, runs(5), { flags: ['output-mismatch'] }),
      {
        stage: 'classify',
        variant: 's',
        backend: 'cpu' as const,
        threads: 1,
        batch: 4,
        state: 'skipped' as const,
        reason: 'budget' as const,
      },
      cell('classify', 'l', 'cpu', 1, runs(5)),
      cell('classify', 's', 'wasm', 1, runs(5)),
    ];
    const { byId } = planOptions(
      profile(cells),
      request({ backends: ['cpu'], restrictTo: { classify: ['s'] } }),
    );
    expect([...byId[1]!.keys()]).toEqual(['s/cpu/1/1']);
  });

  it('says which stage has nothing, and why', () => {
    const mismatch = cell('classify', 's', 'webgpu', 1, runs(5), { flags: ['output-mismatch'] });
    const plan =
      (cells: Cell[], asked: Partial<PlanRequest> = {}) =>
      () =>
        planOptions(profile(cells), request(asked));
    const failed = { ...keyOf(mismatch), state: 'failed' as const, error: 'Got: 2\n Expected: 1' };
    expect(plan([detect(), failed])).toThrow(
      /Stage classify .* all 1 cells were skipped or failed \(s: Got: 2 Expected: 1\)\. Profile again/,
    );
    expect(plan([detect(), mismatch])).toThrow(NothingMeasuredError);
    expect(plan([detect(), mismatch])).toThrow(/Stage classify .* outputs of all 1 measured cells differ/);
    expect(plan([detect()])).toThrow(/Stage classify .* no cell is in the profile/);
    expect(plan([detect()], { backends: ['webgpu'] })).toThrow(/Stage detect .* no cell of backends webgpu/);
  });
});
