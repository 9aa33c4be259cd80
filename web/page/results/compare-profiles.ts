import { type CellKey, cellId, keyOf, type MeasuredCell } from '../../../solver/documents/cell.ts';
import { onGpu } from '../../../solver/documents/common.ts';
import { measuredInOrder, type Profile } from '../../../solver/documents/profile.ts';
import { normalProbability, normalQuantile } from '../../../solver/math/statistics.ts';
import type { MedianRatio, RatioVerdict } from '../../charts/ratios.ts';
import { gpusFirst, type Sweep } from '../../components/backends.ts';
import {
  type ComparedCell,
  type ComparedMeasured,
  type ComparedProfile,
  modelOf,
} from '../../state/files/cell-table.ts';

/** The cells to compare: `same` for every backend that both profiles measured, or one backend of each profile. */
export type Sides = 'same' | { readonly base: Sweep; readonly other: Sweep };

/** A cell that both profiles measured. The other profile may have measured it on another backend. */
export interface ComparedPoint extends MedianRatio {
  readonly base: MeasuredCell;
  readonly other: ComparedMeasured;
  /** Whether both profiles measured the same model file. */
  readonly sameModel: boolean;
}

export interface ProfileComparison {
  /** Points in the base's order of stages and variants, then by backend, threads and batch. */
  readonly points: readonly ComparedPoint[];
  readonly onlyInBase: readonly Unmatched[];
  readonly onlyInOther: readonly Unmatched[];
}

/** A cell that only one profile measured, and why the other has no figure for it. */
export interface Unmatched extends CellKey {
  readonly why: 'no-stage' | 'no-variant' | 'failed' | 'skipped' | 'not-measured';
}

/** With fewer samples, order statistics give no 95 % interval of a median: 2 · 0.5ⁿ > 0.05. */
const SAMPLES_MIN = 6;
/** The false discovery rate: at most this fraction of the verdicts `faster` and `slower` is expected to be noise. */
const FALSE_DISCOVERIES = 0.05;

/** The backends of a profile's measured cells: GPUs first, then by thread count. */
function sweepsOf({ cells }: ComparedProfile): Sweep[] {
  const sweeps = new Map(
    cells
      .filter(({ state }) => state === 'measured')
      .map(({ backend, threads }) => [`${backend}/${threads}`, { backend, threads }]),
  );
  return [...sweeps.values()].sort(gpusFirst);
}

export const isSameSweep = (a: Sweep, b: Sweep): boolean =>
  a.backend === b.backend && a.threads === b.threads;

/**
 * The ways to pair the backends of two profiles, the most telling first: the backends that both measured, then two GPUs or two
 * CPUs, then a GPU and a CPU.
 */
export function pairingsOf(base: ComparedProfile, other: ComparedProfile): Sides[] {
  const pairs = sweepsOf(base).flatMap((one) => sweepsOf(other).map((two) => ({ base: one, other: two })));
  const differ = (pair: (typeof pairs)[number]) =>
    Number(onGpu(pair.base.backend) !== onGpu(pair.other.backend));
  pairs.sort((a, b) => differ(a) - differ(b));
  return pairs.some((pair) => isSameSweep(pair.base, pair.other)) ? ['same', ...pairs] : pairs;
}

/**
 * Compares the cells of two profiles. The interval of a ratio combines the intervals of the two medians on a logarithmic scale
 * (MOVER: Zou & Donner, Statistics in Medicine 27, 2008), after each end has been moved at least one timer step away from its
 * median. The fraction of false differences over all cells is bounded (Benjamini & Hochberg, J. R. Stat. Soc. B 57, 1995). No
 * interval includes how a device varies from day to day, which neither profile shows.
 */
export function compareProfiles(
  base: Profile,
  other: ComparedProfile,
  sides: Sides = 'same',
): ProfileComparison {
  const ofBase = cellsByPlace(base, sides === 'same' ? null : sides.base);
  const ofOther = cellsByPlace(other, sides === 'same' ? null : sides.other);
  const place = placeOf(sides !== 'same');
  const estimates = measuredInOrder({ ...base, cells: [...ofBase.values()] }).flatMap((cell) => {
    const match = measuredAt(ofOther, place(cell));
    return match ? [estimate(base, cell, other, match)] : [];
  });
  const differing = discoveries(estimates.map(({ probability }) => probability));
  return {
    points: estimates.map(({ probability, ...point }, i) => ({
      ...point,
      verdict: probability === null ? 'few-samples' : verdictOf(point.ratio, differing.has(i)),
    })),
    onlyInBase: unmatched(ofBase, other, ofOther),
    onlyInOther: unmatched(ofOther, base, ofBase),
  };
}

function verdictOf(ratio: number, differs: boolean): RatioVerdict {
  if (!differs) return 'within-noise';
  return ratio < 1 ? 'faster' : 'slower';
}

interface Estimate extends Omit<ComparedPoint, 'verdict'> {
  /** P-value: the probability of a difference this large by chance; null with too few samples. */
  readonly probability: number | null;
}

/** A larger difference counts as this many standard deviations: they rule out chance, and keep `normalProbability` finite. */
const DEVIATIONS_MAX = 8;
const Z_95 = normalQuantile(0.975);

function estimate(base: Profile, from: MeasuredCell, other: ComparedProfile, to: ComparedMeasured): Estimate {
  const a = logMedian(from, base.device.timerGrainMs);
  const b = logMedian(to, other.device.timerGrainMs);
  const log = b.at - a.at;
  const down = Math.hypot(b.at - b.low, a.high - a.at);
  const up = Math.hypot(b.high - b.at, a.at - a.low);
  const deviation = (log > 0 ? down : up) / Z_95;
  const enough = Math.min(from.latencyMs.n, to.latencyMs.n) >= SAMPLES_MIN;
  return {
    key: keyOf(from),
    base: from,
    other: to,
    ratio: Math.exp(log),
    low: Math.exp(log - down),
    high: Math.exp(log + up),
    probability: enough ? 2 * normalProbability(-Math.min(DEVIATIONS_MAX, Math.abs(log) / deviation)) : null,
    sameModel: modelOf(base, from) === modelOf(other, from),
  };
}

/** Logarithms of a median and of its interval's ends, which are at least one timer step away from the median. */
function logMedian({ latencyMs: { p50, p50Low, p50High } }: ComparedMeasured, grainMs: number) {
  const step = Math.max(grainMs, 1e-9 * p50, Number.MIN_VALUE);
  const at = Math.max(p50, step);
  return {
    at: Math.log(at),
    low: Math.log(Math.max(Math.min(p50Low, at - step), at * 1e-6)),
    high: Math.log(Math.max(p50High, at + step)),
  };
}

/** Selects the p-values that count as differences, by the Benjamini-Hochberg procedure. Returns their indices. */
function discoveries(probabilities: readonly (number | null)[]): ReadonlySet<number> {
  const order = probabilities.flatMap((p, i) => (p === null ? [] : [{ p, i }])).sort((a, b) => a.p - b.p);
  const last = order.findLastIndex(({ p }, rank) => p <= ((rank + 1) / order.length) * FALSE_DISCOVERIES);
  return new Set(order.slice(0, last + 1).map(({ i }) => i));
}

/** Makes a function that gives the key by which cells are matched: across backends, a key without the backend and its threads. */
const placeOf =
  (across: boolean) =>
  (key: CellKey): string =>
    across ? `${key.stage}/${key.variant}/${key.batch}` : cellId(key);

/** @param sweep null for the cells of all backends */
function cellsByPlace<C extends ComparedCell>(
  { cells }: { readonly cells: readonly C[] },
  sweep: Sweep | null,
): ReadonlyMap<string, C> {
  const own = sweep ? cells.filter((cell) => isSameSweep(cell, sweep)) : cells;
  const place = placeOf(sweep !== null);
  return new Map(own.map((cell) => [place(cell), cell]));
}

function measuredAt(cells: ReadonlyMap<string, ComparedCell>, place: string): ComparedMeasured | undefined {
  const found = cells.get(place);
  return found?.state === 'measured' ? found : undefined;
}

function unmatched(
  of: ReadonlyMap<string, ComparedCell>,
  { stages }: ComparedProfile,
  without: ReadonlyMap<string, ComparedCell>,
): Unmatched[] {
  return [...of].flatMap(([place, cell]) => {
    const found = without.get(place)?.state;
    if (cell.state !== 'measured' || found === 'measured') return [];
    const variants = stages.find(({ name }) => name === cell.stage)?.variants;
    if (!variants) return { ...keyOf(cell), why: 'no-stage' };
    const isThere = variants.some(({ name }) => name === cell.variant);
    return { ...keyOf(cell), why: isThere ? (found ?? 'not-measured') : 'no-variant' };
  });
}
