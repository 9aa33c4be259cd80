/**
 * Times the solver: 10 stages × 10 variants × 8 batches, product of accuracies, 100 seeded problems of each kind,
 * without capacities and with GPU share and cores that bind. Prints a table; `npm run bench:solver`.
 */
import { loadSolver } from '../solver/ilp/solve.ts';
import { nearestRank, sortedNumbers } from '../solver/statistics.ts';
import { instance, type Kind, type Shape } from '../test/solver/instances.ts';

const INSTANCES = 100;
const SIZE = { stages: 10, variants: 10, batches: 8, accuracy: 'product' } as const;
/** Where SLA and capacities lie between the fastest or least choice (0) and the most accurate one (1). */
const KINDS: { kind: Kind; slaAt: number; capacityAt: number }[] = [
  { kind: 'pipeline', slaAt: 0.35, capacityAt: 0.4 },
  { kind: 'pipeline', slaAt: 0.1, capacityAt: 0.2 },
  { kind: 'correlated', slaAt: 0.35, capacityAt: 0.4 },
  { kind: 'uncorrelated', slaAt: 0.1, capacityAt: 8 },
  { kind: 'integer', slaAt: 0.1, capacityAt: 8 },
];

const solver = await loadSolver();
const startMs = performance.now();
solver.solve(instance(0, { ...SIZE, ...KINDS[0]!, capacities: true }));
const firstMs = performance.now() - startMs;

const rows = KINDS.flatMap((given) =>
  [false, true].map((capacities) => {
    const shape: Shape = { ...SIZE, ...given, capacities };
    const solutions = Array.from({ length: INSTANCES }, (_, i) => solver.solve(instance(i + 1, shape)));
    const optimal = solutions.filter((solution) => solution.status === 'optimal');
    const ms = sortedNumbers(solutions.map((solution) => solution.solveMs));
    const nodes = sortedNumbers(optimal.map((solution) => solution.nodes));
    return {
      kind: given.kind,
      'SLA at': given.slaAt,
      capacities: capacities ? `at ${given.capacityAt}` : 'none',
      instances: INSTANCES,
      infeasible: INSTANCES - optimal.length,
      'median ms': Number(nearestRank(ms, 50).toFixed(1)),
      'p95 ms': Number(nearestRank(ms, 95).toFixed(1)),
      'worst ms': Number(ms.at(-1)!.toFixed(1)),
      'median nodes': nodes.length > 0 ? nearestRank(nodes, 50) : '-',
    };
  }),
);
console.table(rows);
console.log(`The first problem of the process, before its code was compiled, took ${firstMs.toFixed(0)} ms.`);
