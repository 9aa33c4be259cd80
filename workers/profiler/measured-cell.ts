import { type CellFlag, type CellKey, keyOf, type MeasuredCell } from '../../solver/documents/cell.ts';
import { median, samplesMin, summaryOf } from '../../solver/math/statistics.ts';
import { latencyOf, type Sample } from './measure.ts';

/** A median below this many steps of the timer is flagged, because the timer is too coarse for it. */
const GRAINS_MIN = 20;

/** The facts of a measured cell other than its samples. */
interface CellFacts {
  readonly key: CellKey;
  readonly cold: MeasuredCell['cold'];
  readonly warmupRuns: number;
  readonly outputs: MeasuredCell['outputs'];
  readonly timerGrainMs: number;
  /** Flags that do not depend on the samples. */
  readonly flags: readonly CellFlag[];
}

export function measuredCell(facts: CellFacts, samples: readonly Sample[]): MeasuredCell {
  const inferenceMs = samples.map((s) => s.inferenceMs);
  const flags = new Set(facts.flags);
  if (median(inferenceMs) < GRAINS_MIN * facts.timerGrainMs) flags.add('timer-grain');
  if (samples.length < samplesMin(95)) flags.add('few-samples');
  if (!facts.outputs.agree) flags.add('output-mismatch');
  return {
    ...facts.key,
    state: 'measured',
    cold: facts.cold,
    warmupRuns: facts.warmupRuns,
    inferenceMs,
    handlingMs: samples.map((s) => s.handlingMs),
    ...batchColumns(samples),
    latencyMs: summaryOf(samples.map(latencyOf)),
    outputs: facts.outputs,
    flags: [...flags],
  };
}

/**
 * The cell's facts of each batch: none if a sample lacks them, because an older version measured that sample; only the sizes if
 * the batches have one kind of session run.
 */
function batchColumns(samples: readonly Sample[]): Pick<MeasuredCell, 'sizes' | 'steps' | 'runsMs'> {
  const batches = samples.flatMap(({ batch }) => batch ?? []);
  if (batches.length < samples.length) return {};
  const sizes = batches.map(({ size }) => size);
  const names = [...new Set(batches.flatMap(({ runsMs }) => Object.keys(runsMs)))];
  if (names.length < 2) return { sizes };
  return {
    sizes,
    steps: batches.map(({ steps }) => steps),
    runsMs: Object.fromEntries(names.map((name) => [name, batches.map(({ runsMs }) => runsMs[name] ?? 0)])),
  };
}

/** Adds samples to a cell. @param more flags that the samples add */
export function extendCell(
  cell: MeasuredCell,
  samples: readonly Sample[],
  timerGrainMs: number,
  more: readonly CellFlag[] = [],
): MeasuredCell {
  const { cold, warmupRuns, outputs, flags } = cell;
  const kept = flags.filter((flag) => flag !== 'few-samples' && flag !== 'timer-grain');
  const facts = { key: keyOf(cell), cold, warmupRuns, outputs, timerGrainMs, flags: [...kept, ...more] };
  return measuredCell(facts, [...samplesOf(cell), ...samples]);
}

const samplesOf = ({ inferenceMs, handlingMs, sizes, steps, runsMs = {} }: MeasuredCell): Sample[] =>
  inferenceMs.map((ms, run) => ({
    inferenceMs: ms,
    handlingMs: handlingMs[run]!,
    ...(sizes && {
      batch: {
        size: sizes[run]!,
        steps: steps?.[run] ?? 0,
        runsMs: Object.fromEntries(Object.entries(runsMs).map(([name, times]) => [name, times[run]!])),
      },
    }),
  }));
