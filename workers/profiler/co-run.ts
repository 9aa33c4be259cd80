import { onGpu } from '../../solver/documents/common.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import type { Cell, CellKey, CoRun, MeasuredCell } from '../../solver/documents/profile.ts';
import type { Environment } from '../environment/environment.ts';
import { message } from '../runtime/errors.ts';
import { measureCpuCoRun } from './cpu-co-run.ts';
import { measureGpuCoRun } from './gpu-co-run.ts';
import type { RunBatch } from './measure.ts';
import type { Progress } from './progress.ts';
import type { Sessions } from './sessions.ts';
import type { WorkClock } from './work-clock.ts';

/** Backend and threads of two workers. */
type Pair = Pick<CellKey, 'backend' | 'threads'>;

export interface CoRunOptions {
  readonly manifest: Manifest;
  readonly environment: Environment;
  readonly sessions: Sessions;
  readonly progress: Progress;
  readonly clock: WorkClock;
  readonly signal: AbortSignal | undefined;
}

/** Makes a runner of a cell, in the first worker of its backend or in a second one. */
export type RunnerOf = (key: CellKey, second: boolean) => Promise<RunBatch>;

/**
 * What two busy workers cost each other, per backend and thread count, with the slowest variants of the first and of the last
 * stage; nothing where there is one stage.
 */
export async function measureCoRuns(
  { manifest, environment, progress, clock, sessions, signal }: CoRunOptions,
  cells: readonly Cell[],
  runnerOf: RunnerOf,
): Promise<CoRun[]> {
  if (manifest.stages.length === 1) return [];
  const pairs = coRunnable(cells, environment.logicalCores);
  progress.phase('co-run', pairs.length);
  const measured: CoRun[] = [];
  for (const pair of pairs) {
    const first = slowest(cells, manifest.stages[0]!.name, pair);
    const last = slowest(cells, manifest.stages.at(-1)!.name, pair);
    if (!first || !last) continue;
    await clock.wait();
    const what = `${first.variant} beside ${last.variant} on ${pair.backend}`;
    progress.working(what);
    try {
      measured.push(await measureCoRun(pair, first, last, runnerOf));
      progress.step(what);
    } catch (error) {
      signal?.throwIfAborted();
      // E.g. no memory for a second device. The profile stands without it.
      await sessions.replace(pair);
      progress.step(`${what}: ${message(error)}`);
    }
    await sessions.replace({ ...pair, second: true });
  }
  return measured;
}

async function measureCoRun(
  { backend, threads }: Pair,
  first: CellKey,
  last: CellKey,
  runnerOf: RunnerOf,
): Promise<CoRun> {
  const a = await runnerOf(first, false);
  const beside = await runnerOf(last, true);
  return onGpu(backend)
    ? measureGpuCoRun(backend, a, await runnerOf(last, false), beside)
    : measureCpuCoRun({ backend, threads }, a, beside);
}

/** Backends and threads of which two workers fit on this machine's cores, or share its GPU. */
const coRunnable = (cells: readonly CellKey[], logicalCores: number): Pair[] => [
  ...new Map(
    cells
      .filter(({ backend, threads }) => onGpu(backend) || 2 * threads <= logicalCores)
      .map(({ backend, threads }) => [`${backend}/${threads}`, { backend, threads }]),
  ).values(),
];

const slowest = (
  cells: readonly Cell[],
  stage: string,
  { backend, threads }: Pair,
): MeasuredCell | undefined =>
  cells
    .filter((cell) => cell.state === 'measured')
    .filter((c) => c.stage === stage && c.backend === backend && c.threads === threads && c.batch === 1)
    .sort((x, y) => y.latencyMs.p50 - x.latencyMs.p50)[0];
