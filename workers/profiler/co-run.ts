import {
  type Cell,
  type CellKey,
  type MeasuredCell,
  smallestBatches,
  sweepId,
} from '../../solver/documents/cell.ts';
import type { CoRun } from '../../solver/documents/co-run.ts';
import { onGpu } from '../../solver/documents/common.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import type { Environment } from '../environment/environment.ts';
import { message } from '../runtime/errors.ts';
import { measureAfterOther } from './after-other.ts';
import { coRunMs, coRunnable, type WorkerKind } from './co-run-plan.ts';
import { type CoRunBatches, longBatchMostMs, measureCpuCoRun } from './cpu-co-run.ts';
import { measureGpuCoRun } from './gpu-co-run.ts';
import type { RunBatch } from './measure.ts';
import type { Progress } from './progress.ts';
import type { Sessions } from './sessions.ts';
import type { ProfileSettings } from './types.ts';
import type { WorkClock } from './work-clock.ts';

/** The time for measuring batches after another session's batch, as a share of the time for measuring workers side by side. */
const AFTER_OTHER_SHARE = 0.15;

export interface CoRunOptions {
  readonly manifest: Manifest;
  readonly environment: Environment;
  readonly settings: Pick<ProfileSettings, 'budgetS'>;
  readonly sessions: Sessions;
  readonly progress: Progress;
  readonly clock: WorkClock;
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens a cell's session in the first worker of its kind or in a second one, and returns a function that runs the cell's batch.
 * Each call runs the same items, so that only the other worker makes a difference between the times alone and together.
 */
type RunnerOf = (key: CellKey, second: boolean) => Promise<RunBatch>;

/** Two sessions, in two workers of one kind, that are measured side by side. */
interface Pair {
  readonly first: MeasuredCell;
  readonly second: MeasuredCell;
}

/**
 * Measures how much two busy workers slow each other, for each backend and thread count, and how much longer a batch takes after
 * another session's batch in the same worker. The workers run the slowest variants of the first and of the last stage; on a CPU,
 * where a stage may have several workers, both also run the slowest variant of all. On a CPU they run small and large batches.
 */
export async function measureCoRuns(
  { manifest, environment, settings, progress, clock, sessions, signal }: CoRunOptions,
  cells: readonly Cell[],
  runnerOf: RunnerOf,
): Promise<CoRun[]> {
  const stages = manifest.stages.map(({ name }) => name);
  const kinds = coRunnable(cells, environment.logicalCores).map((kind) => ({
    kind,
    pairs: pairsOf(cells, stages, kind),
  }));
  progress.begin('co-run', kinds.flatMap(({ pairs }) => pairs).length);
  const forMs = coRunMs(settings.budgetS);
  const measured: CoRun[] = [];
  for (const { kind, pairs } of kinds) {
    const endSecond = () => sessions.replace({ ...kind, second: true });
    for (const pair of pairs) {
      await clock.wait();
      const what = `${pair.first.variant} beside ${pair.second.variant} on ${kind.backend}`;
      progress.working(what);
      try {
        measured.push(
          await sessions.holding(() => measurePair(cells, pair, runnerOf, environment, forMs, clock)),
        );
        progress.step(what);
      } catch (error) {
        signal?.throwIfAborted();
        // For example, memory may not suffice for a second GPU device. The profile is usable without this measurement.
        await Promise.all([sessions.replace(kind), endSecond()]);
        progress.step(`${what}: ${message(error)}`);
      }
    }
    await endSecond();
  }
  return measured;
}

function pairsOf(cells: readonly Cell[], stages: readonly string[], kind: WorkerKind): Pair[] {
  const slowest = stages.map((stage) => slowestOf(cells, stage, kind));
  const [first, last] = [slowest[0], slowest.at(-1)];
  const most = slowest
    .filter((cell) => cell !== undefined)
    .sort((a, b) => b.latencyMs.p50 - a.latencyMs.p50)[0];
  return [
    ...(stages.length > 1 && first && last ? [{ first, second: last }] : []),
    ...(!onGpu(kind.backend) && most ? [{ first: most, second: most }] : []),
  ];
}

async function measurePair(
  cells: readonly Cell[],
  { first, second }: Pair,
  runnerOf: RunnerOf,
  { cpuMs }: Environment,
  forMs: number,
  clock: WorkClock,
): Promise<CoRun> {
  const { backend, threads } = first;
  const ofOneStage = first === second;
  const inOneWorker = [await runnerOf(first, false), await runnerOf(second, false)] as const;
  const afterOther = ofOneStage ? undefined : await measureAfterOther(inOneWorker, AFTER_OTHER_SHARE * forMs);
  if (onGpu(backend)) {
    const beside = await runnerOf(second, true);
    return { ...(await measureGpuCoRun(backend, ...inOneWorker, beside, forMs, clock)), afterOther };
  }
  const batches = async (short: MeasuredCell, inSecond: boolean): Promise<CoRunBatches> => {
    const long = longCell(cells, short, longBatchMostMs(forMs));
    return { short: await runnerOf(short, inSecond), long: long && (await runnerOf(long, inSecond)) };
  };
  const workers = [await batches(first, false), await batches(second, true)] as const;
  const measured = await measureCpuCoRun({ backend, threads }, workers, cpuMs, forMs);
  return ofOneStage ? { ...measured, stage: first.stage } : { ...measured, afterOther };
}

/** The cell of a session's longest batch that takes at least twice as long as its short one, and at most `mostMs`. */
const longCell = (cells: readonly Cell[], short: MeasuredCell, mostMs: number): MeasuredCell | undefined =>
  cells
    .filter((cell): cell is MeasuredCell => cell.state === 'measured' && sweepId(cell) === sweepId(short))
    .filter(({ latencyMs: { p50 } }) => p50 >= 2 * short.latencyMs.p50 && p50 <= mostMs)
    .sort((a, b) => b.latencyMs.p50 - a.latencyMs.p50)[0];

/** The cell of a stage with the largest median latency, among those of each variant's smallest batch. */
const slowestOf = (
  cells: readonly Cell[],
  stage: string,
  { backend, threads }: WorkerKind,
): MeasuredCell | undefined =>
  smallestBatches(cells)
    .filter((c) => c.stage === stage && c.backend === backend && c.threads === threads)
    .sort((x, y) => y.latencyMs.p50 - x.latencyMs.p50)[0];
