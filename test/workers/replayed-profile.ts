import { type Cell, cellId, keyOf, type MeasuredCell } from '../../solver/documents/cell.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { type Random, seededRandom, shuffled } from '../../solver/math/random.ts';
import { coRunMs } from '../../workers/profiler/co-run-plan.ts';
import { latencyOf, RUNS_MAX, type Sample } from '../../workers/profiler/measure.ts';
import { extendCell, measuredCell } from '../../workers/profiler/measured-cell.ts';
import { Progress } from '../../workers/profiler/progress.ts';
import { FIRST_PASS_SHARE, Refinement } from '../../workers/profiler/refinement.ts';
import type { ProfileProgress } from '../../workers/profiler/types.ts';

/** Measures a profile again with the times of a stored one, on a clock that only these times advance. */

const CO_RUN_MS = 3200;
const WORKER_START_MS = 1100;
const WARM_UP_RUNS = 8;
/** How many items of each stage the accuracy is measured on, in batches of `ACCURACY_BATCH`. */
const ITEMS = 400;
const ACCURACY_BATCH = 16;

export interface Told extends ProfileProgress {
  readonly atMs: number;
}

interface Replay {
  readonly told: readonly Told[];
  readonly endMs: number;
}

/** Measures the profile again. @param budgetS the budget, in place of that of the stored profile */
export function replayProfile(stored: Profile, budgetS: number): Replay {
  let nowMs = 0;
  const told: Told[] = [];
  const budgetMs = 1000 * budgetS;
  const random = seededRandom(stored.settings.seed);
  const progress = new Progress(budgetMs, 'wasm', { now: () => nowMs }, (now) =>
    told.push({ ...now, atMs: nowMs }),
  );
  const run = (cell: MeasuredCell): Sample => {
    const sample = drawn(cell, random);
    nowMs += latencyOf(sample);
    return sample;
  };

  const variants = stored.stages.flatMap(({ name, variants }) =>
    variants.map((variant) => ({ stage: name, variant: variant.name })),
  );
  progress.begin('models', variants.length);
  for (const { stage, variant } of variants) {
    const { cold } = cellOf(stored, stage, variant, 1);
    nowMs += cold.loadMs + cold.createMs;
    progress.step(`${stage}/${variant}`);
  }
  const measured = stored.cells.filter((cell) => cell.state === 'measured');
  const order = [...new Set(measured.map(({ batch }) => batch))]
    .sort((a, b) => a - b)
    .flatMap((batch) =>
      shuffled(
        measured.filter((cell) => cell.batch === batch),
        random,
      ),
    );
  progress.plan({ cells: order, smallest: order.filter(({ batch }) => batch === 1).length, coRuns: 1 });

  const steps = accuracySteps(stored);
  progress.accuracy(
    steps.map(({ stage, variant }) => `${stage}/${variant}`),
    new Map(stored.stages.map(({ name }) => [name, ITEMS])),
  );
  for (const { stage, variant } of steps) {
    for (let i = 0; i < ITEMS / ACCURACY_BATCH; i++) run(cellOf(stored, stage, variant, ACCURACY_BATCH));
    progress.step(`${stage}/${variant}`);
  }

  progress.begin('cells');
  const startMs = nowMs;
  const cells = new Map<string, Cell>();
  for (const cell of order) {
    const late = cell.batch > 1 && nowMs - startMs >= budgetMs;
    cells.set(cellId(cell), late ? { ...keyOf(cell), state: 'skipped', reason: 'budget' } : first(cell));
    progress.step(cells.get(cellId(cell))!);
  }
  progress.begin('co-run', 1);
  nowMs += WORKER_START_MS + Math.min(CO_RUN_MS, coRunMs(budgetS));
  progress.step('two side by side');
  progress.begin('refine');
  const refinement = new Refinement(random, false);
  for (;;) {
    const leftMs = budgetMs - (nowMs - startMs);
    const next = refinement.next(
      [...cells.values()].filter((cell) => cell.state === 'measured'),
      leftMs,
    );
    if (!next || leftMs <= 0) return { told, endMs: nowMs };
    const source = measured.find((cell) => cellId(cell) === cellId(next.cell))!;
    run(source);
    const extended = extendCell(next.cell, samples(source, next.forMs, 1), stored.device.timerGrainMs);
    cells.set(cellId(extended), extended);
    progress.step(extended);
  }

  /** Runs the first pass of a cell: a cold run, warm-up, samples. */
  function first(cell: MeasuredCell): MeasuredCell {
    nowMs += cell.cold.createMs + cell.cold.firstRunMs;
    for (let i = 0; i < WARM_UP_RUNS; i++) run(cell);
    const taken = samples(cell, (FIRST_PASS_SHARE * budgetMs) / order.length, 5);
    const { cold, warmupRuns, outputs } = cell;
    const { timerGrainMs } = stored.device;
    return measuredCell({ key: keyOf(cell), cold, warmupRuns, outputs, timerGrainMs, flags: [] }, taken);
  }

  function samples(cell: MeasuredCell, timeMs: number, atLeast: number): Sample[] {
    const taken: Sample[] = [];
    const untilMs = nowMs + timeMs;
    while (taken.length < atLeast || (nowMs < untilMs && taken.length < RUNS_MAX)) taken.push(run(cell));
    return taken;
  }
}

function drawn({ inferenceMs, handlingMs }: MeasuredCell, random: Random): Sample {
  const i = Math.floor(random() * inferenceMs.length);
  return { inferenceMs: inferenceMs[i]!, handlingMs: handlingMs[i]! };
}

/** Returns a variant's measured cell of this batch size, or of the largest one below. */
const cellOf = ({ cells }: Profile, stage: string, variant: string, batch: number): MeasuredCell =>
  cells
    .filter((cell): cell is MeasuredCell => cell.state === 'measured')
    .filter((cell) => cell.stage === stage && cell.variant === variant && cell.batch <= batch)
    .reduce((most, cell) => (cell.batch > most.batch ? cell : most));

/** Returns the steps that measure accuracy: each variant alone, the largest first, then each combination. */
function accuracySteps({ stages }: Profile): { stage: string; variant: string }[] {
  const alone = stages.flatMap(({ name, variants }) =>
    [...variants]
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
      .map((variant) => ({ stage: name, variant: variant.name })),
  );
  const [first, second] = stages;
  const together = first!.variants.flatMap((variant) => [
    { stage: first!.name, variant: variant.name },
    ...second!.variants.map((next) => ({ stage: second!.name, variant: next.name })),
  ]);
  return [...alone, ...together];
}
