import type { Problem } from '../documents/problem.ts';
import { type Core, limitRows } from './core.ts';
import type { Glpk } from './glpk.ts';
import { maximise } from './maximise.ts';

type Row = ReturnType<typeof limitRows>[number];
type Quantity = Row['of'];

const figure = (value: number): string =>
  value >= 1e6 ? value.toLocaleString('en-US', { maximumFractionDigits: 0 }) : String(+value.toPrecision(4));

const show: Record<Quantity, (value: number) => string> = {
  latencyMs: (value) => `${figure(value)} ms`,
  gpuShare: (value) => `${figure(value)} GPUs`,
  cores: (value) => `${figure(value)} cores`,
  memoryBytes: (value) => `${figure(value)} bytes`,
};
const label: Record<Quantity, string> = {
  latencyMs: 'SLA',
  gpuShare: 'GPU share',
  cores: 'cores',
  memoryBytes: 'memory',
};

/** The least of a quantity that a choice within the limits of `rows` has; undefined: there is no such choice. */
export function least(glpk: Glpk, problem: Problem, of: Quantity, rows: readonly Row[]): number | undefined {
  const core: Core = {
    stages: problem.stages.map(({ options }) =>
      options.map((option, index) => ({
        index,
        score: 0,
        log: 0,
        weight: option[of],
        use: rows.map((row) => option[row.of]),
      })),
    ),
    limits: rows.map((row) => row.limit),
    reward: 'sum',
    alpha: 0,
  };
  const { choice } = maximise(glpk, core);
  return choice?.reduce((sum, option) => sum + option.weight, 0);
}

/** Whether some choice is within all limits. */
export function isFeasible(glpk: Glpk, problem: Problem): boolean {
  const rows = limitRows(problem);
  return least(glpk, problem, 'latencyMs', rows) !== undefined;
}

/** Why no choice is within the limits, and the smallest SLA that the capacities allow. */
export function explainInfeasible(
  glpk: Glpk,
  problem: Problem,
): { binding: string; nearestSlaMs: number | null } {
  const rows = limitRows(problem);
  const capacities = rows.filter((row) => row.of !== 'latencyMs');
  const nearestSlaMs = least(glpk, problem, 'latencyMs', capacities) ?? null;

  const alone = rows.flatMap((row) => {
    const needed = least(glpk, problem, row.of, [])!;
    return needed > row.limit
      ? [`${label[row.of]}: needs at least ${show[row.of](needed)}, limit ${show[row.of](row.limit)}`]
      : [];
  });
  if (alone.length > 0) return { binding: alone.join('; '), nearestSlaMs };

  // Each limit could be met alone. Those without which the others could be met are the ones that clash.
  const clash = rows.flatMap((row) => {
    const others = rows.filter((other) => other !== row);
    const needed = least(glpk, problem, row.of, others);
    return needed === undefined
      ? []
      : [
          `${label[row.of]}: needs at least ${show[row.of](needed)} with the other limits kept, limit ${show[row.of](row.limit)}`,
        ];
  });
  return {
    binding:
      clash.length > 0
        ? clash.join('; ')
        : `${rows.map((row) => `${label[row.of]} ${show[row.of](row.limit)}`).join(', ')}: no two of these limits can be dropped singly to help`,
    nearestSlaMs,
  };
}
