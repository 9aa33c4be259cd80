import type { Problem } from '../documents/problem.ts';
import { figure, grouped } from '../math/figures.ts';
import { type Core, limitRows, TOLERANCE } from './core.ts';
import type { Glpk } from './glpk.ts';
import { maximise } from './maximise.ts';

type Row = ReturnType<typeof limitRows>[number];
type Quantity = Row['of'];

/** The unit in which a message names memory: that in which its reader gave the limit. */
export type MemoryUnit = 'bytes' | 'MiB';

const BYTES: Record<MemoryUnit, number> = { bytes: 1, MiB: 2 ** 20 };

const LIMITS: Record<Quantity, (limit: string, memory: MemoryUnit) => string> = {
  latencyMs: (limit) => `The SLA is ${limit} ms`,
  gpuShare: (limit) => `At most ${limit} GPUs may be busy`,
  cores: (limit) => `At most ${limit} ${limit === '1' ? 'core' : 'cores'} may be used`,
  busyCores: (limit) =>
    `With those that serve requests and hand out batches, at most ${limit} ${limit === '1' ? 'core' : 'cores'} may be busy`,
  threadShare: (limit) =>
    `The thread that serves requests and hands out batches may be busy for at most ${limit} of the time`,
  memoryBytes: (limit, memory) => `At most ${limit} ${memory} of memory may be used`,
};

const inUnit = (of: Quantity, amount: number, memory: MemoryUnit): number =>
  of === 'memoryBytes' ? amount / BYTES[memory] : amount;

/** The unit of a quantity after its amount, in messages; empty for cores and shares. */
const unitText = (of: Quantity, memory: MemoryUnit): string => {
  if (of === 'latencyMs') return ' ms';
  return of === 'memoryBytes' ? ` ${memory}` : '';
};

function limitText({ of, limit }: Row, memory: MemoryUnit): string {
  const amount = inUnit(of, limit, memory);
  // A whole number is shown as it was given. Any other may come from measurements, so it is rounded.
  return LIMITS[of](Number.isInteger(amount) ? grouped(amount) : grouped(amount, 6), memory);
}

/** A limit that is too low, as a sentence: e.g. `The SLA is 100 ms, but at least 120 ms are needed`. */
export function shortfall(row: Row, needed: number, memory: MemoryUnit = 'bytes', where = ''): string {
  const least = grouped(figure(inUnit(row.of, needed, memory), 'up'));
  return `${limitText(row, memory)}, but${where} at least ${least}${unitText(row.of, memory)} ${least === '1' ? 'is' : 'are'} needed`;
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
  memory: MemoryUnit,
): { binding: string; nearestSlaMs: number | null } {
  const rows = limitRows(problem);
  const capacities = rows.filter((row) => row.of !== 'latencyMs');
  const nearestSlaMs = least(glpk, problem, 'latencyMs', capacities) ?? null;

  const alone = rows.flatMap((row) => {
    const needed = least(glpk, problem, row.of, [])!;
    // For the SLA, the text names the smallest SLA that the capacities allow, because the user is offered that SLA.
    const shown = row.of === 'latencyMs' ? (nearestSlaMs ?? needed) : needed;
    return needed > row.limit + TOLERANCE ? [shortfall(row, shown, memory)] : [];
  });
  if (alone.length > 0) return { binding: alone.join('. '), nearestSlaMs };

  // Each limit can be met by itself. A limit is in conflict if all other limits can be met together without it.
  const clash = rows.flatMap((row) => {
    const others = rows.filter((other) => other !== row);
    const needed = least(glpk, problem, row.of, others);
    return needed === undefined ? [] : [shortfall(row, needed, memory, ', with the other limits kept,')];
  });
  if (clash.length > 0) return { binding: clash.join('. '), nearestSlaMs };
  const limits = rows.map((row) => limitText(row, memory)).join('. ');
  return { binding: `No choice is within all but one of the limits. ${limits}`, nearestSlaMs };
}
