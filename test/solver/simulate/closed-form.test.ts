import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../../solver/math/random.ts';
import { mean, nearestRank, sortedNumbers } from '../../../solver/math/statistics.ts';
import { type SimulationInput, simulate, type WholeSimulation } from '../../../solver/simulate/simulate.ts';

/** Simulates queues that theory knows: one stage, batch 1, nothing shed, Poisson arrivals. */

const SERVICE_MS = 10;
const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);
/** Two-sided 99.9 % point of Student's t with 11 degrees of freedom. */
const T = 4.437;
/** The most that half of a confidence interval may be, as a share of the value, for a comparison to say something. */
const NARROW = 0.2;

const exponential = (meanMs: number, random: Random): number => -meanMs * Math.log(1 - random());

/** Standard normal (Box–Muller). */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** The variance of the logarithm of a log-normal whose standard deviation equals its mean. */
const LOG_VARIANCE = Math.log(2);

interface Service {
  readonly name: string;
  /** E[S²] / E[S]² of the service time S. */
  readonly secondMoment: number;
  sampleMs(random: Random): number;
}

const EXPONENTIAL: Service = {
  name: 'exponential',
  secondMoment: 2,
  sampleMs: (random) => exponential(SERVICE_MS, random),
};

const SERVICES: Service[] = [
  { name: 'constant', secondMoment: 1, sampleMs: () => SERVICE_MS },
  EXPONENTIAL,
  {
    name: 'log-normal',
    secondMoment: Math.exp(LOG_VARIANCE),
    sampleMs: (random) => SERVICE_MS * Math.exp(Math.sqrt(LOG_VARIANCE) * normal(random) - LOG_VARIANCE / 2),
  },
];

function queue(utilisation: number, workers: number, { sampleMs }: Service, seed: number): SimulationInput {
  // A busier queue needs more requests, because waits depend on each other for longer; more workers, because waits are rarer.
  const requests = Math.max(2, workers) * Math.max(3500, 7000 * utilisation);
  const random = seededRandom(1000 * seed + workers);
  const gapMs = SERVICE_MS / (workers * utilisation);
  let atMs = 0;
  const arrivalsMs = Float64Array.from({ length: requests }, () => {
    atMs += exponential(gapMs, random);
    return atMs;
  });
  return {
    policy: {
      slaMs: 1e9,
      shedding: 'never',
      stages: [{ name: 's', batch: 1, maxWaitMs: 0, serviceMs: () => SERVICE_MS }],
    },
    workers: Array.from({ length: workers }, (_, i) => ({ id: `w${i}`, rows: [0] })),
    arrivalsMs,
    packItems: new Int32Array(requests),
    counts: () => 1,
    service: { sampleMs: (_row, _items, drawn) => sampleMs(drawn) },
    seed,
  };
}

const latencies = ({ requests }: WholeSimulation): number[] => requests.map(({ latencyMs }) => latencyMs!);

const meanWaitMs = (result: WholeSimulation): number =>
  mean(latencies(result)) - mean(result.batches.map(({ ms }) => ms));

/** Returns the mean of a figure over the seeds, and half of the 99.9 % confidence interval of that mean. */
function estimate(figure: (seed: number) => number): { value: number; half: number } {
  const values = SEEDS.map(figure);
  const value = mean(values);
  const variance = values.reduce((sum, x) => sum + (x - value) ** 2, 0) / (values.length - 1);
  return { value, half: T * Math.sqrt(variance / values.length) };
}

/** Expects that the interval holds what theory says, and is narrow enough to mean something. */
function expectEstimate({ value, half }: ReturnType<typeof estimate>, theory: number): void {
  expect(Math.abs(value - theory)).toBeLessThan(half);
  expect(half / theory).toBeLessThan(NARROW);
}

/** Probability that all of n workers are busy, of M/M/n (Erlang C). */
function erlangC(workers: number, utilisation: number): number {
  const offered = workers * utilisation;
  let [blocking, k] = [1, 0];
  while (k < workers) {
    k++;
    blocking = (offered * blocking) / (k + offered * blocking);
  }
  return blocking / (1 - utilisation * (1 - blocking));
}

describe.each([0.3, 0.6, 0.8])('at a utilisation of %d', (utilisation) => {
  const simulated = new Map<string, WholeSimulation>();
  /** Returns the result for one worker, which several tests use. */
  function ofOne(service: Service, seed: number): WholeSimulation {
    const key = `${service.name} ${seed}`;
    const result = simulated.get(key) ?? simulate(queue(utilisation, 1, service, seed));
    simulated.set(key, result);
    return result;
  }

  test.each(SERVICES)('requests wait as Pollaczek and Khinchine say where service is $name', (service) => {
    // W = λ E[S²] / (2 (1 − ρ))
    const theory = (SERVICE_MS * utilisation * service.secondMoment) / (2 * (1 - utilisation));
    expectEstimate(
      estimate((seed) => meanWaitMs(ofOne(service, seed))),
      theory,
    );
  });

  test.each([2, 4])('requests of M/M/%d wait as Erlang says', (workers) => {
    const theory = (erlangC(workers, utilisation) * SERVICE_MS) / (workers * (1 - utilisation));
    expectEstimate(
      estimate((seed) => meanWaitMs(simulate(queue(utilisation, workers, EXPONENTIAL, seed)))),
      theory,
    );
  });

  test('the p95 of M/M/1 is that of an exponential distribution', () => {
    const theory = (SERVICE_MS / (1 - utilisation)) * Math.log(20);
    expectEstimate(
      estimate((seed) => nearestRank(sortedNumbers(latencies(ofOne(EXPONENTIAL, seed))), 95)),
      theory,
    );
  });
});

test.each([1, 2, 8])(
  'request by request, %d workers serve as the recursion of Kiefer and Wolfowitz says',
  (workers) => {
    const input = queue(0.8, workers, SERVICES[2]!, 1);
    const random = seededRandom(input.seed);
    const freeMs = Array<number>(workers).fill(0);
    const expected = Array.from(input.arrivalsMs, (arrivalMs) => {
      const next = freeMs.indexOf(Math.min(...freeMs));
      const endMs = Math.max(arrivalMs, freeMs[next]!) + SERVICES[2]!.sampleMs(random);
      freeMs[next] = endMs;
      return endMs - arrivalMs;
    });
    const worst = latencies(simulate(input)).reduce(
      (most, latencyMs, i) => Math.max(most, Math.abs(latencyMs - expected[i]!)),
      0,
    );
    expect(worst).toBeLessThan(1e-6);
  },
);
