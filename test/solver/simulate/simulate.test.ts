import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DispatchPolicy } from '../../../solver/dispatch/types.ts';
import type { Random } from '../../../solver/math/random.ts';
import { nearestRank, sortedNumbers, sum } from '../../../solver/math/statistics.ts';
import { arrivalsOf, constantRate } from '../../../solver/simulate/arrivals.ts';
import { drawPackItems } from '../../../solver/simulate/fanout.ts';
import {
  type SimulatedBatch,
  Simulation,
  type SimulationInput,
  simulate,
} from '../../../solver/simulate/simulate.ts';

const policy = (
  batches: number[],
  maxWaitMs: number,
  shedding: DispatchPolicy['shedding'],
  slaMs: number,
): DispatchPolicy => ({
  slaMs,
  shedding,
  stages: batches.map((batch, i) => ({
    name: `s${i}`,
    batch,
    maxWaitMs,
    serviceMs: (items) => 4 + 6 * items,
  })),
});

const poisson = (ratePerS: number, seconds: number, seed: number) =>
  arrivalsOf(
    { rates: Array<number>(seconds).fill(ratePerS), intervalS: 1 },
    { scale: 1, seed, kind: 'poisson' },
  );

/** One stage, one server, batch 1, nothing shed. */
const queue = (arrivalsMs: Float64Array, sampleMs: (random: Random) => number): SimulationInput => ({
  policy: policy([1], 0, 'never', 1e9),
  workers: [{ id: 'w', rows: [0] }],
  arrivalsMs,
  packItems: new Int32Array(arrivalsMs.length),
  counts: () => 1,
  service: { sampleMs: (_row, _items, random) => sampleMs(random) },
  seed: 1,
});

/** The share of the time until the last batch's end in which a worker was busy. */
function utilisation(batches: readonly SimulatedBatch[], worker: string): number {
  const last = batches.at(-1)!;
  const busyMs = sum(batches.filter((batch) => batch.worker === worker).map(({ ms }) => ms));
  return busyMs / (last.startMs + last.ms);
}

/** Two stages that share a worker, with 0 to 5 items in the second. */
const pipeline = (ratePerS: number, shedding: DispatchPolicy['shedding']): SimulationInput => {
  const arrivalsMs = constantRate(ratePerS, 100, 3);
  return {
    policy: policy([2, 4], 15, shedding, 300),
    workers: [{ id: 'w', rows: [0, 1] }],
    arrivalsMs,
    packItems: drawPackItems(arrivalsMs.length, 6, 3),
    counts: (packItem, stage) => (stage === 0 ? 1 : packItem),
    service: { sampleMs: (_stage, items, random) => (4 + 6 * items) * (0.8 + 0.4 * random()) },
    seed: 1,
  };
};

it('tells each batch which row its worker ran before', () => {
  const seen: [row: number, after: number | undefined][] = [];
  simulate({
    ...pipeline(1, 'never'),
    arrivalsMs: [0, 1000],
    packItems: [1, 1],
    service: {
      sampleMs: (row, _items, _random, { after }) => {
        seen.push([row, after]);
        return 1;
      },
    },
  });
  expect(seen).toEqual([
    [0, undefined],
    [1, 0],
    [0, 1],
    [1, 0],
  ]);
});

describe('a simulation', () => {
  it('keeps a worker as busy as the load says', () => {
    const { batches } = simulate(queue(poisson(70, 2000, 1), () => 10));
    expect(utilisation(batches, 'w')).toBeCloseTo(0.7, 1);
  });

  it('ends every request exactly once, and runs no more items than there are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.constantFrom('late' as const, 'never' as const),
        (ratePerS, shedding) => {
          const input = pipeline(ratePerS, shedding);
          const { requests, batches } = simulate(input);
          expect(requests.length).toBe(input.arrivalsMs.length);
          requests.forEach(({ arrivalMs, latencyMs, outcome }, i) => {
            expect(arrivalMs).toBe(input.arrivalsMs[i]);
            expect(latencyMs === null).toBe(outcome !== 'completed');
          });
          const started = batches.filter(({ row }) => row === 0).reduce((sum, { items }) => sum + items, 0);
          expect(started).toBeLessThanOrEqual(requests.length);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is the same for the same seed and another for another', () => {
    const input = pipeline(20, 'late');
    expect(simulate(input)).toEqual(simulate(input));
    expect(simulate(input)).not.toEqual(simulate({ ...input, seed: 2 }));
  });

  it('completes requests without items in the later stage', () => {
    const input = { ...pipeline(20, 'late'), counts: (_: number, stage: number) => (stage === 0 ? 1 : 0) };
    const { requests, batches } = simulate(input);
    expect(requests.every(({ outcome }) => outcome === 'completed')).toBe(true);
    expect(batches.every(({ row }) => row === 0)).toBe(true);
  });

  it('runs as many items in each stage as follow from the items of the pack', () => {
    const input = pipeline(5, 'never');
    const three = {
      ...input,
      policy: policy([2, 4, 4], 5, 'never', 1e6),
      workers: [{ id: 'w', rows: [0, 1, 2] }],
      // The third stage has more items than the second for some items of the pack, fewer for others.
      counts: (packItem: number, stage: number) => [1, packItem, [0, 3, 1, 3, 7, 2][packItem]!][stage]!,
    };
    const { batches } = simulate(three);
    for (const stage of [0, 1, 2]) {
      const ran = batches.filter((batch) => batch.row === stage).reduce((sum, { items }) => sum + items, 0);
      expect(ran).toBe(
        Array.from(three.packItems).reduce((sum, packItem) => sum + three.counts(packItem, stage), 0),
      );
    }
  });

  it('shares a load between two workers evenly', () => {
    const one = queue(poisson(70, 500, 1), () => 20);
    const workers = ['v', 'w'].map((id) => ({ id, rows: [0] }));
    const { requests, batches } = simulate({ ...one, workers });
    const [v, w] = [utilisation(batches, 'v'), utilisation(batches, 'w')];
    expect(requests.every(({ outcome }) => outcome === 'completed')).toBe(true);
    expect(v / w).toBeCloseTo(1, 1);
    expect(v + w).toBeCloseTo(1.4, 1);
  });

  it('diverges where a plain page is overloaded', () => {
    const arrivalsMs = constantRate(15, 60, 1);
    const { requests } = simulate({
      ...pipeline(15, 'never'),
      policy: policy([1, 1], 0, 'never', 1000),
      arrivalsMs,
      counts: (_, stage) => (stage === 0 ? 1 : 9),
    });
    const latencies = requests.flatMap(({ latencyMs }) => latencyMs ?? []);
    const third = Math.floor(latencies.length / 3);
    const [early, late] = [latencies.slice(0, third), latencies.slice(-third)].map((part) =>
      nearestRank(sortedNumbers(part), 50),
    );
    expect(late! - early!).toBeGreaterThan(10_000);
  });

  it('keeps what an overloaded pipeline can do when it sheds', () => {
    const goodput = (ratePerS: number) => {
      const { requests } = simulate(pipeline(ratePerS, 'late'));
      return requests.filter(({ latencyMs }) => latencyMs !== null && latencyMs <= 300).length / 100;
    };
    const capacity = goodput(40);
    expect(goodput(80)).toBeGreaterThan(0.75 * capacity);
    expect(goodput(160)).toBeGreaterThan(0.7 * capacity);
  });

  it('sheds what is open one SLA after the last arrival', () => {
    const outcomes = (slaMs: number) =>
      simulate({
        ...queue(Float64Array.of(0, 10, 20), () => 100),
        policy: policy([1], 0, 'never', slaMs),
      }).requests.map(({ outcome }) => outcome);
    expect(outcomes(179)).toEqual(['completed', 'shed', 'shed']);
    expect(outcomes(181)).toEqual(['completed', 'completed', 'shed']);
  });

  it('counts the time by which a request is sent late, and sends those behind it together', () => {
    const late: SimulationInput = {
      ...queue(Float64Array.of(0, 1, 2, 40), () => 10),
      workers: [
        { id: 'w', rows: [0] },
        { id: 'v', rows: [0] },
      ],
      service: { sampleMs: () => 10, latenessMs: (running) => (running.length > 0 ? 5 : 0) },
    };
    // The second and third are sent at 6; the third then waits until 10 for the first worker. Nothing runs at 40.
    expect(simulate(late).requests.map(({ latencyMs }) => latencyMs)).toEqual([10, 15, 18, 10]);
  });

  it('sheds what is sent more than one SLA late', () => {
    const late: SimulationInput = {
      ...queue(Float64Array.of(0), () => 10),
      policy: policy([1], 0, 'late', 100),
      service: { sampleMs: () => 10, latenessMs: () => 200 },
    };
    expect(simulate(late).requests).toEqual([{ arrivalMs: 0, latencyMs: null, outcome: 'shed' }]);
  });

  it('can switch to a faster variant on the way', () => {
    const input = queue(constantRate(50, 20, 1), () => 15);
    const simulation = new Simulation(input);
    simulation.runUntil(10_000);
    simulation.switchTo({ counts: input.counts, service: { sampleMs: () => 5 } });
    const { requests } = simulation.finish();
    const last = requests.slice(-100).map(({ latencyMs }) => latencyMs!);
    expect(Math.max(...last)).toBeLessThan(100);
  });

  it('frees the fan-out and sizes of a plan once its last request has ended', async () => {
    const input = queue(constantRate(50, 20, 1), () => 15);
    const simulation = new Simulation(input);
    const serve = () => {
      const flow = { counts: () => 1 };
      simulation.switchTo({ ...flow, service: { sampleMs: () => 5 } });
      return new WeakRef(flow.counts);
    };
    simulation.runUntil(1000);
    const counts = serve();
    simulation.runUntil(5000);
    serve();
    simulation.runUntil(10_000);
    await setImmediate(); // A WeakRef keeps its target until the end of the task that made it.
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    expect(counts.deref()).toBeUndefined();
    expect(simulation.finish().requests).toHaveLength(input.arrivalsMs.length);
  });
});
