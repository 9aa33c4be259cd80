import { type Cell, type CellKey, type MeasuredCell, smallestBatches } from '../../solver/documents/cell.ts';
import type { CoRun } from '../../solver/documents/co-run.ts';
import { onGpu } from '../../solver/documents/common.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import type { Environment } from '../environment/environment.ts';
import { message } from '../runtime/errors.ts';
import { measureAfterOther } from './after-other.ts';
import { coRunMs } from './co-run-time.ts';
import { type CoRunBatches, longBatchMostMs, measureCpuCoRun } from './cpu-co-run.ts';
import { measureGpuCoRun } from './gpu-co-run.ts';
import type { RunBatch } from './measure.ts';
import type { Progress } from './progress.ts';
import type { Sessions } from './sessions.ts';
import { sweepId } from './sweep.ts';
import type { ProfileSettings } from './types.ts';
import type { WorkClock } from './work-clock.ts';

/** Batches after another session are measured for this share of the time for which workers are measured side by side. */
const AFTER_OTHER_SHARE = 0.15;

/** Backend and thread count of two workers that are measured together. */
type WorkerKind = Pick<CellKey, 'backend' | 'threads'>;

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
 * Opens a cell's session, in the first worker of its kind or in a second one, and returns a function that runs one and the same
 * batch, so that times alone and together differ by the neighbour only.
 */
export type RunnerOf = (key: CellKey, second: boolean) => Promise<RunBatch>;

/**
 * Measures how much two busy workers slow each other, and two sessions in one worker, for each backend and thread count. The workers run the slowest variants of
 * the first and of the last stage, on a CPU with small and with large batches. A pipeline of one stage has no such pair.
 */
export async function measureCoRuns(
  { manifest, environment, settings, progress, clock, sessions, signal }: CoRunOptions,
  cells: readonly Cell[],
  runnerOf: RunnerOf,
): Promise<CoRun[]> {
  if (manifest.stages.length === 1) return [];
  const kinds = coRunnable(cells, environment.logicalCores);
  progress.coRuns(kinds.length);
  const measured: CoRun[] = [];
  for (const kind of kinds) {
    const first = slowest(cells, manifest.stages[0]!.name, kind);
    const last = slowest(cells, manifest.stages.at(-1)!.name, kind);
    if (!first || !last) continue;
    await clock.wait();
    const what = `${first.variant} beside ${last.variant} on ${kind.backend}`;
    progress.working(what);
    try {
      measured.push(await measureCoRun(cells, first, last, runnerOf, environment, coRunMs(settings.budgetS)));
      progress.step(what);
    } catch (error) {
      signal?.throwIfAborted();
      // For example, memory may not suffice for a second GPU device. The profile is usable without this measurement.
      await sessions.replace(kind);
      progress.step(`${what}: ${message(error)}`);
    }
    await sessions.replace({ ...kind, second: true });
  }
  return measured;
}

/** @param first its worker is the first of its kind, that of `last` a second one */
async function measureCoRun(
  cells: readonly Cell[],
  first: MeasuredCell,
  last: MeasuredCell,
  runnerOf: RunnerOf,
  { cpuMs }: Environment,
  forMs: number,
): Promise<CoRun> {
  const { backend, threads } = first;
  const inOneWorker = [await runnerOf(first, false), await runnerOf(last, false)] as const;
  const afterOther = await measureAfterOther(inOneWorker, AFTER_OTHER_SHARE * forMs);
  if (onGpu(backend)) {
    const beside = await runnerOf(last, true);
    return { ...(await measureGpuCoRun(backend, ...inOneWorker, beside, forMs)), afterOther };
  }
  const batches = async (short: MeasuredCell, second: boolean): Promise<CoRunBatches> => {
    const long = longCell(cells, short, longBatchMostMs(forMs));
    return { short: await runnerOf(short, second), long: long && (await runnerOf(long, second)) };
  };
  const workers = [await batches(first, false), await batches(last, true)] as const;
  return { ...(await measureCpuCoRun({ backend, threads }, workers, cpuMs, forMs)), afterOther };
}

/** The cell of a session's longest batch that takes at least twice as long as its short one, and at most `mostMs`. */
const longCell = (cells: readonly Cell[], short: MeasuredCell, mostMs: number): MeasuredCell | undefined =>
  cells
    .filter((cell): cell is MeasuredCell => cell.state === 'measured' && sweepId(cell) === sweepId(short))
    .filter(({ latencyMs: { p50 } }) => p50 >= 2 * short.latencyMs.p50 && p50 <= mostMs)
    .sort((a, b) => b.latencyMs.p50 - a.latencyMs.p50)[0];

/** The backends and thread counts for which two workers fit on this machine's cores, or share its GPU. */
const coRunnable = (cells: readonly CellKey[], logicalCores: number): WorkerKind[] => [
  ...new Map(
    cells
      .filter(({ backend, threads }) => onGpu(backend) || 2 * threads <= logicalCores)
      .map(({ backend, threads }) => [`${backend}/${threads}`, { backend, threads }]),
  ).values(),
];

/** The cell of a stage with the largest median latency, among those of each variant's smallest batch. */
const slowest = (
  cells: readonly Cell[],
  stage: string,
  { backend, threads }: WorkerKind,
): MeasuredCell | undefined =>
  smallestBatches(cells)
    .filter((c) => c.stage === stage && c.backend === backend && c.threads === threads)
    .sort((x, y) => y.latencyMs.p50 - x.latencyMs.p50)[0];
