import type { Problem } from '../documents/problem.ts';
import { figure } from '../math/figures.ts';
import { type Core, limitRows, TOLERANCE } from './core.ts';
import type { Glpk } from './glpk.ts';
import { maximise } from './maximise.ts';

type Row = ReturnType<typeof limitRows>[number];
type Quantity = Row['of'];

const WORDS: Record<Quantity, { label: string; unit: string }> = {
  latencyMs: { label: 'SLA', unit: 'ms' },
  gpuShare: { label: 'GPU share', unit: 'GPUs' },
  cores: { label: 'cores', unit: 'cores' },
  busyCores: { label: 'busy cores, with those that serve requests and hand out batches', unit: 'cores' },
  threadShare: { label: 'time of the thread that serves requests and hands out batches', unit: 'threads' },
  memoryBytes: { label: 'memory', unit: 'bytes' },
};

/** A limit that is too low, as text: e.g. `SLA: needs at least 120 ms, limit 100 ms`. */
function shortfall({ of, limit }: Row, needed: number, where = ''): string {
  const { label, unit } = WORDS[of];
  return `${label}: needs at least ${figure(needed, 'up')} ${unit}${where}, limit ${limit} ${unit}`;
}

/** The smallest amount of a quantity that a choice within the limits `rows` needs; undefined if no choice is within them. */
function least(glpk: Glpk, problem: Problem, of: Quantity, rows: readonly Row[]): number | undefined {
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

/** Explains why no choice is within the limits, and finds the smallest SLA that the capacities allow. */
export function explainInfeasible(
  glpk: Glpk,
  problem: Problem,
): { binding: string; nearestSlaMs: number | null } {
  const rows = limitRows(problem);
  const capacities = rows.filter((row) => row.of !== 'latencyMs');
  const nearestSlaMs = least(glpk, problem, 'latencyMs', capacities) ?? null;

  const alone = rows.flatMap((row) => {
    const needed = least(glpk, problem, row.of, [])!;
    // For the SLA, the text names the smallest SLA that the capacities allow, because the user is offered that SLA.
    const shown = row.of === 'latencyMs' ? (nearestSlaMs ?? needed) : needed;
    return needed > row.limit + TOLERANCE ? [shortfall(row, shown)] : [];
  });
  if (alone.length > 0) return { binding: alone.join('; '), nearestSlaMs };

  // Each limit can be met by itself. A limit is in conflict if all other limits can be met together without it.
  const clash = rows.flatMap((row) => {
    const others = rows.filter((other) => other !== row);
    const needed = least(glpk, problem, row.of, others);
    return needed === undefined ? [] : [shortfall(row, needed, ' with the other limits kept')];
  });
  if (clash.length > 0) return { binding: clash.join('; '), nearestSlaMs };
  const limits = rows.map(({ of, limit }) => `${WORDS[of].label} ${limit} ${WORDS[of].unit}`).join(', ');
  return { binding: `No choice meets all but one of the limits: ${limits}`, nearestSlaMs };
}
