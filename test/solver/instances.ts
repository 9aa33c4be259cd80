import { type Problem, parseProblem } from '../../solver/documents/problem.ts';
import { type Random, seededRandom } from '../../solver/math/random.ts';

export type Kind =
  /** As measured: better variants are slower, bigger batches cost less per item and wait longer. */
  | 'pipeline'
  /** Accuracy, time and cost have nothing to do with each other. */
  | 'uncorrelated'
  /** Accuracy, time and cost rise together almost exactly: all options are nearly as good. */
  | 'correlated'
  /** Few, whole values: many equal choices, limits met exactly. */
  | 'integer'
  /** All stages are nearly the same, and so is each step to the next variant: very many choices are nearly as good. */
  | 'alike';

export interface Shape {
  readonly kind: Kind;
  readonly stages: number;
  readonly variants: number;
  readonly batches: number;
  readonly accuracy: Problem['objective']['accuracy'];
  readonly capacities: boolean;
  /** Where the SLA lies between the fastest choice (0) and the most accurate one (1). */
  readonly slaAt: number;
  /** Where the capacities lie between the choice that needs least (0) and the most accurate one (1). */
  readonly capacityAt: number;
}

interface Option {
  id: string;
  latencyMs: number;
  accuracy: number;
  cost: number;
  batch: number;
  gpuShare: number;
  cores: number;
}

const draw: Record<Kind, (random: Random, variants: number, batches: number, stage: number) => Option[]> = {
  pipeline(random, variants, batches, stage) {
    const items = 5 + 30 * random();
    const baseMs = 2 + 20 * random();
    const gpu = stage % 2 === 0;
    return grid(variants, batches, (v) => {
      const size = ((v + 1) / variants) * (0.7 + 0.6 * random());
      const accuracy = Math.min(0.999, 0.45 + 0.5 * size ** 0.35 * (0.85 + 0.2 * random()));
      const itemMs = baseMs * (0.3 + 4 * size ** 1.5) * (0.8 + 0.4 * random());
      const fixed = 0.3 + 0.5 * random();
      const threads = 1 + Math.floor(size * 4);
      return (batch) => {
        const meanMs = itemMs * (fixed + (1 - fixed) * batch) * (0.97 + 0.06 * random());
        const share = (items * meanMs) / (1000 * batch);
        const replicas = gpu ? 1 : Math.ceil(share / 0.8);
        const runs = Math.ceil(2 / (batch * replicas));
        return {
          accuracy,
          latencyMs: runs * meanMs * (1.05 + 0.2 * random()) + (1000 * (batch - 1)) / items,
          cost: gpu ? 8 * share : replicas * threads,
          gpuShare: gpu ? share : 0,
          cores: gpu ? 0 : replicas * threads,
        };
      };
    });
  },
  uncorrelated: (random, variants, batches) =>
    grid(variants, batches, () => {
      const accuracy = 0.3 + 0.7 * random();
      return () => ({
        accuracy,
        latencyMs: 10 + 490 * random(),
        cost: 10 * random(),
        gpuShare: random(),
        cores: Math.floor(1 + 8 * random()),
      });
    }),
  correlated: (random, variants, batches) =>
    grid(variants, batches, (v) => {
      const size = (v + random()) / variants;
      return () => {
        const noise = () => 1 + 0.02 * (random() - 0.5);
        const effort = size * (0.6 + 0.4 * random());
        return {
          accuracy: Math.min(1, 0.4 + 0.6 * size * noise()),
          latencyMs: 20 + 400 * effort * noise(),
          cost: 1 + 9 * effort * noise(),
          gpuShare: 0.05 + 0.3 * effort * noise(),
          cores: 1 + 8 * effort * noise(),
        };
      };
    }),
  integer: (random, variants, batches) =>
    grid(variants, batches, () => {
      const whole = (most: number) => Math.floor(random() * (most + 1));
      const accuracy = whole(10) / 10;
      return () => ({
        accuracy,
        latencyMs: whole(6),
        cost: whole(4),
        gpuShare: whole(3),
        cores: whole(3),
      });
    }),
  alike: (random, variants, batches) =>
    grid(variants, batches, (v) => {
      const size = (v + 1) / variants;
      const noise = (part: number) => 1 + part * (random() - 0.5);
      const accuracy = (0.9 + 0.09 * size) * noise(0.002);
      return () => ({
        accuracy,
        latencyMs: (10 + 60 * size) * noise(0.04),
        cost: (1 + 4 * size) * noise(0.04),
        gpuShare: (0.02 + 0.05 * size) * noise(0.04),
        cores: (1 + 2 * size) * noise(0.04),
      });
    }),
};

function grid(
  variants: number,
  batches: number,
  variant: (v: number) => (batch: number) => Omit<Option, 'id' | 'batch'>,
): Option[] {
  return Array.from({ length: variants }, (_, v) => {
    const at = variant(v);
    return Array.from({ length: batches }, (_, b) => ({
      id: `v${v}-b${2 ** b}`,
      batch: 2 ** b,
      ...at(2 ** b),
    }));
  }).flat();
}

/** Makes a random problem. At a choice two thirds up in accuracy, α · accuracy is 0.3 to 3 times β · cost. */
export function instance(seed: number, shape: Shape): Problem {
  const random = seededRandom(seed);
  const stages = Array.from({ length: shape.stages }, (_, s) => ({
    name: `stage-${s}`,
    options: draw[shape.kind](random, shape.variants, shape.batches, s),
  }));
  const between = (of: 'latencyMs' | 'gpuShare' | 'cores', at: number) => {
    let low = 0;
    let high = 0;
    for (const { options } of stages) {
      const best = Math.max(...options.map((o) => o.accuracy));
      low += Math.min(...options.map((o) => o[of]));
      high += Math.min(...options.filter((o) => o.accuracy === best).map((o) => o[of]));
    }
    const limit = low + at * Math.max(high - low, 0.1 * low);
    return shape.kind === 'integer' ? Math.round(limit) : limit;
  };
  const typical = stages.map(({ options }) => {
    const rising = [...options].sort((a, b) => a.accuracy - b.accuracy);
    return rising[Math.floor((rising.length * 2) / 3)]!;
  });
  const cost = typical.reduce((sum, o) => sum + o.cost, 0) || 1;
  const reached =
    shape.accuracy === 'product' ? typical.reduce((product, o) => product * o.accuracy, 1) : 0.5;
  const beta = 10 ** (3 * random() - 3);
  const alpha = (0.3 * 10 ** random() * beta * cost) / (reached || 0.1);
  return parseProblem(
    {
      slaMs: Math.max(between('latencyMs', shape.slaAt), 1),
      objective: { alpha, beta, delta: 1e-6, accuracy: shape.accuracy },
      ...(shape.capacities && {
        gpuShareMax: between('gpuShare', shape.capacityAt),
        coresMax: between('cores', shape.capacityAt),
      }),
      stages,
    },
    `instance ${seed}`,
  );
}
