/**
 * Times the solver: `npm run bench:solver`. It prints three tables:
 *
 * 1. The first 100 feasible problems of each kind, with 10 stages × 10 variants × 8 batches and the product of accuracies. They
 *    have no capacities, or limits of GPU share and cores that are fractions of what the unlimited optimum uses, so that both bind.
 * 2. Long pipelines of nearly equal stages with 12 options each. Their SLA, GPU share and cores lie halfway between those of the
 *    least choice and of the most accurate one.
 * 3. Frontiers of several sizes, without and with capacities. One SLA excludes many options, the other almost none.
 */
import type { Problem, Solution } from '../../solver/documents/problem.ts';
import { paretoChoices } from '../../solver/frontier/frontier.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { FrontierTooLargeError } from '../../solver/plan/errors.ts';
import { instance, type Kind, type Shape } from '../../test/solver/instances.ts';

const INSTANCES = 100;
const SEEDS_MAX = 1000;
const SIZE = {
  stages: 10,
  variants: 10,
  batches: 8,
  accuracy: 'product',
  capacities: false,
  capacityAt: 0,
} as const;
/** `slaAt`: position of the SLA between the latency of the fastest choice (0) and that of the most accurate one (1). */
const KINDS: { kind: Kind; slaAt: number }[] = [
  { kind: 'pipeline', slaAt: 0.35 },
  { kind: 'pipeline', slaAt: 0.1 },
  { kind: 'correlated', slaAt: 0.35 },
  { kind: 'uncorrelated', slaAt: 0.1 },
  { kind: 'integer', slaAt: 0.1 },
];
const CAPACITIES = [undefined, 0.95, 0.8];
/** Numbers of stages of the long pipelines. */
const LONG = [8, 12, 16, 24];

const solver = await loadSolver();
const startMs = performance.now();
solver.solve(instance(0, { ...SIZE, ...KINDS[0]! }));
const firstMs = performance.now() - startMs;

/** Limits a problem's GPU share and cores to a fraction, `part`, of the amounts that its unlimited optimum uses. */
function limited(problem: Problem, part: number): Problem {
  const free = solver.solve(problem);
  if (free.status === 'infeasible') return problem;
  const used = (of: 'gpuShare' | 'cores') =>
    problem.stages.reduce(
      (sum, { name, options }) => sum + options.find((o) => o.id === free.choice[name])![of],
      0,
    );
  return { ...problem, gpuShareMax: part * used('gpuShare'), coresMax: part * used('cores') };
}

/** Solves the problems of the seeds from 1 on until {@link INSTANCES} are feasible, and returns the columns of a table. */
function solveMany(problemOf: (seed: number) => Problem) {
  const optimal: Extract<Solution, { status: 'optimal' }>[] = [];
  let seed = 0;
  while (optimal.length < INSTANCES && seed < SEEDS_MAX) {
    const solution = solver.solve(problemOf(++seed));
    if (solution.status === 'optimal') optimal.push(solution);
  }
  const ms = sortedNumbers(optimal.map((solution) => solution.solveMs));
  const nodes = sortedNumbers(optimal.map((solution) => solution.nodes));
  return {
    instances: optimal.length,
    'infeasible ones': seed - optimal.length,
    'median ms': Number(nearestRank(ms, 50).toFixed(1)),
    'p95 ms': Number(nearestRank(ms, 95).toFixed(1)),
    'worst ms': Number(ms.at(-1)!.toFixed(1)),
    'median nodes': nearestRank(nodes, 50),
  };
}

const rows = KINDS.flatMap((given) =>
  CAPACITIES.map((part) => {
    const shape: Shape = { ...SIZE, ...given };
    const problemOf = (seed: number) => {
      const problem = instance(seed, shape);
      return part === undefined ? problem : limited(problem, part);
    };
    return {
      kind: given.kind,
      'SLA at': given.slaAt,
      capacities: part === undefined ? 'none' : `${100 * part} %`,
      ...solveMany(problemOf),
    };
  }),
);
console.table(rows);
console.table(
  LONG.map((stages) => ({
    stages,
    ...solveMany((seed) =>
      instance(seed, {
        ...SIZE,
        kind: 'alike',
        stages,
        variants: 12,
        batches: 1,
        slaAt: 0.5,
        capacities: true,
        capacityAt: 0.5,
      }),
    ),
  })),
);
console.log(`The first problem of the process, before its code was compiled, took ${firstMs.toFixed(0)} ms.`);

const FRONTIERS = [
  { stages: 2, variants: 10, batches: 5, instances: 100 },
  { stages: 3, variants: 10, batches: 6, instances: 100 },
  { stages: 5, variants: 5, batches: 4, instances: 100 },
  { stages: 8, variants: 10, batches: 8, instances: 10 },
];

/** Number of points of a problem's frontier; undefined if there are too many. */
function pointsOf(problem: Problem): number | undefined {
  try {
    return paretoChoices(problem).length;
  } catch (error) {
    if (error instanceof FrontierTooLargeError) return undefined;
    throw error;
  }
}

const frontiers = FRONTIERS.flatMap(({ instances, ...size }) =>
  [0.35, 1.5].flatMap((slaAt) =>
    [false, true].map((capacities) => {
      const timed = Array.from({ length: instances }, (_, seed) => {
        const shape: Shape = { ...SIZE, ...size, kind: 'pipeline', slaAt, capacities, capacityAt: 1 };
        const problem = instance(seed + 1, shape);
        const beganMs = performance.now();
        return { points: pointsOf(problem), ms: performance.now() - beganMs };
      });
      const ms = sortedNumbers(timed.map((one) => one.ms));
      const points = sortedNumbers(timed.flatMap((one) => one.points ?? []));
      return {
        'stages × options': `${size.stages} × ${size.variants * size.batches}`,
        'SLA at': slaAt,
        capacities,
        instances,
        'too large': timed.length - points.length,
        'median ms': Number(nearestRank(ms, 50).toFixed(1)),
        'worst ms': Number(ms.at(-1)!.toFixed(1)),
        'median points': points.length ? nearestRank(points, 50) : null,
        'most points': points.at(-1) ?? null,
      };
    }),
  ),
);
console.table(frontiers);
