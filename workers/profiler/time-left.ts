import { type Cell, type CellKey, cellId, type MeasuredCell, sweepId } from '../../solver/documents/cell.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { sum } from '../../solver/math/statistics.ts';
import { coRunMs } from './co-run-plan.ts';
import { RUNS_MAX, RUNS_MIN } from './measure.ts';
import { ENOUGH_SAMPLES, FIRST_PASS_SHARE, samplesToCome } from './refinement.ts';

/** Approximate time to measure two workers side by side, unless the budget allows less. */
const CO_RUN_MS = 7000;
/** Time to start the second worker of a pair that is measured side by side. */
const WORKER_START_MS = 1000;
/** Least time of a cell besides its runs, because its session must be opened. */
const CELL_REST_MS = 60;
/** Least number of a cell's runs that give no samples: the cold run and warm-up runs. */
const CELL_REST_RUNS = 10;
/** Assumed ratio of the time to refine a cell to the time of the samples that it gets, until this ratio has been measured. */
const REFINE_FACTOR = 1.25;

/** Per item, a run of a small batch takes up to this many times as long as a step of accuracy, which runs full batches. */
const ALONE = 3;

/** The facts from which a profile's time left is estimated. */
interface Work {
  readonly budgetMs: number;
  /** Time since the first cell was begun, which is when the budget starts; 0 before. */
  readonly spentMs: number;
  /** The measurement of accuracies, which runs on the backend `reference`. */
  readonly accuracy: AccuracyWork;
  /** Number of cells in the first pass at its start. */
  readonly planned: number;
  /** Cells of the first pass that are still to come, in order. */
  readonly ahead: readonly CellKey[];
  /** Number of cells at the start of `ahead` that have the smallest batches. They are measured even beyond the budget. */
  readonly smallestAhead: number;
  readonly finished: readonly Cell[];
  /** For each cell that was measured since the profile was started or resumed, its time besides its samples. */
  readonly restMs: readonly number[];
  /** The samples and the time that refining each cell has taken so far, by the cell's id. */
  readonly refined: ReadonlyMap<string, Refined>;
  /** Number of pairs of workers that are still to be measured side by side. */
  readonly coRunsAhead: number;
}

interface AccuracyWork {
  readonly reference: Backend;
  /** Steps that are still to come, each named `stage/variant`. */
  readonly ahead: readonly string[];
  /** Time of each variant's last step. */
  readonly stepsMs: ReadonlyMap<string, number>;
  /** Number of items that a step runs, by stage. */
  readonly items: ReadonlyMap<string, number>;
}

export interface Refined {
  readonly samples: number;
  readonly ms: number;
}

/**
 * Estimates the time left for a profile in ms. A step of accuracy should take as long as the variant's last step, and a cell as
 * long as its own samples or those of smaller batches say. The budget bounds the cells, but not those with the smallest batches.
 * @returns null while a stage that is still to come has no variant whose time is known
 */
export function estimateLeft(work: Work): number | null {
  const { ahead, stepsMs } = work.accuracy;
  const steps = ahead.map((what) => stepMs(what, stepsMs)).filter((ms) => ms !== null);
  return steps.length < ahead.length ? null : sum(steps) + measuringLeft(work);
}

/** A variant's last step predicts its next one. A variant that has not run yet is predicted by the slowest of its stage. */
function stepMs(what: string, known: ReadonlyMap<string, number>): number | null {
  const own = known.get(what);
  if (own !== undefined) return own;
  const stage = what.slice(0, what.indexOf('/') + 1);
  const ofStage = [...known].flatMap(([name, ms]) => (name.startsWith(stage) ? ms : []));
  return ofStage.length > 0 ? Math.max(...ofStage) : null;
}

/** Time for the first pass, for two workers side by side, and for as much refining as cells need and the budget allows. */
function measuringLeft(work: Work): number {
  const { budgetMs, spentMs, ahead, smallestAhead, coRunsAhead } = work;
  const runs = ahead.map((key) => expectedRun(key, work));
  const cellsMs = runs.map((run) => cellMs(run, work));
  const budgetLeft = Math.max(0, budgetMs - spentMs);
  const firstPass = Math.max(sum(cellsMs.slice(0, smallestAhead)), Math.min(sum(cellsMs), budgetLeft));
  const coRuns = (Math.min(CO_RUN_MS, coRunMs(budgetMs / 1000)) + WORKER_START_MS) * coRunsAhead;
  const room = Math.max(0, budgetLeft - firstPass - coRuns);
  return firstPass + coRuns + Math.min(room, refineMs(runs, work));
}

/** The expected time of a cell's run, and its expected number of samples after the first pass. Null if there is no estimate. */
type Run = { readonly ms: number; readonly samples: number } | null;

/** Time of the samples of one cell in the first pass. */
const sampleMs = ({ budgetMs, planned }: Work): number =>
  (FIRST_PASS_SHARE * budgetMs) / Math.max(1, planned);

/**
 * Estimates a cell's run from the largest measured batch of its sweep or, if there is none, from its variant's step of accuracy.
 * The estimate is an upper bound, because a run's time grows at most in proportion to its batch.
 */
function expectedRun(key: CellKey, work: Work): Run {
  const { finished, accuracy } = work;
  const sweep = sweepId(key);
  const last = finished
    .filter((cell): cell is MeasuredCell => cell.state === 'measured' && sweepId(cell) === sweep)
    .reduce<MeasuredCell | null>((most, cell) => (most && most.batch > cell.batch ? most : cell), null);
  const stepsMs = accuracy.stepsMs.get(`${key.stage}/${key.variant}`);
  const isReference = key.backend === accuracy.reference && key.threads === 1;
  const itemMs = last
    ? last.latencyMs.mean / last.batch
    : isReference && stepsMs !== undefined
      ? (ALONE * stepsMs) / accuracy.items.get(key.stage)!
      : null;
  if (itemMs === null) return null;
  const ms = itemMs * key.batch;
  return { ms, samples: Math.max(RUNS_MIN, Math.min(RUNS_MAX, sampleMs(work) / ms)) };
}

function cellMs(run: Run, work: Work): number {
  const { restMs } = work;
  const samples = run ? run.samples * run.ms : sampleMs(work);
  const rest = CELL_REST_MS + CELL_REST_RUNS * (run?.ms ?? 0);
  return samples + Math.max(rest, restMs.length > 0 ? sum(restMs) / restMs.length : 0);
}

/** Time to refine all cells, at each cell's own pace so far or, if it was not refined yet, at that of the other cells. */
function refineMs(runs: readonly Run[], { finished, refined }: Work): number {
  const measured = finished.filter((cell) => cell.state === 'measured');
  const all = measured.flatMap((cell) => {
    const done = refined.get(cellId(cell));
    return done ? [{ ms: done.ms, samplesMs: done.samples * cell.latencyMs.mean }] : [];
  });
  const factor =
    ratio(
      all.map(({ ms }) => ms),
      all.map(({ samplesMs }) => samplesMs),
    ) ?? REFINE_FACTOR;
  const ofMeasured = measured.map((cell) => {
    const done = refined.get(cellId(cell));
    return samplesToCome(cell) * (done ? done.ms / done.samples : factor * cell.latencyMs.mean);
  });
  // The cells to come are assumed to need the same share of the samples up to `ENOUGH_SAMPLES` as the measured cells need.
  const part =
    ratio(
      measured.map(samplesToCome),
      measured.map(({ latencyMs }) => ENOUGH_SAMPLES - latencyMs.n),
    ) ?? 1;
  const ofAhead = runs.map((run) =>
    run ? part * (ENOUGH_SAMPLES - run.samples) * run.ms * factor : Number.POSITIVE_INFINITY,
  );
  return sum([...ofMeasured, ...ofAhead]);
}

/** Ratio of two sums; null if the second one is 0. */
const ratio = (a: readonly number[], b: readonly number[]): number | null =>
  sum(b) > 0 ? sum(a) / sum(b) : null;
