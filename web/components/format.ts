import type { CellKey } from '../../solver/documents/cell.ts';
import type { Device } from '../../solver/documents/common.ts';
import type { ManifestVariant } from '../../solver/documents/manifest.ts';
import { attainmentFigure } from '../../solver/math/figures.ts';
import { getOrMake } from '../../solver/math/maps.ts';
import { ACCURACY_UNKNOWN } from '../../solver/report/accuracy-unknown.ts';
import type { Sweep } from './backends.ts';

/** Formats numbers and other values as English text. */

/** The text for an unknown value. */
export const DASH = '–';

/** Digits after the point, for three digits in all. The bounds are those at which rounding gives 100, 10 and 1. */
const digits = (value: number): number => (value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.9995 ? 2 : 3);

const formats = new Map<string, Intl.NumberFormat>();

/** The format of numbers with this many digits after the point. A page shows thousands of numbers, and making a format is slow. */
const formatWith = (most: number, least: number): Intl.NumberFormat =>
  getOrMake(
    formats,
    `${most}/${least}`,
    () => new Intl.NumberFormat('en', { maximumFractionDigits: most, minimumFractionDigits: least }),
  );

export const number = (value: number | null, fractionDigits?: number): string =>
  value === null || !Number.isFinite(value)
    ? DASH
    : formatWith(fractionDigits ?? digits(Math.abs(value)), fractionDigits ?? 0).format(value);

export const rate = (perS: number | null): string => `${number(perS)} /s`;

export function milliseconds(value: number | null): string {
  if (value === null) return DASH;
  if (value > 0 && value < 0.0005) return '< 0.001\u00a0ms';
  return `${number(value, value === 0 ? 0 : digits(value))}\u00a0ms`;
}

export const percent = (share: number | null): string =>
  share === null ? DASH : `${number(100 * share, 1)}\u00a0%`;

/** A share of requests in time, rounded down. */
export const inTimeText = (share: number | null, fractionDigits = 1): string =>
  share === null
    ? DASH
    : `${number(100 * attainmentFigure(share, fractionDigits + 2), fractionDigits)}\u00a0%`;

/** The time of each of a run's events, and `then` for an event that follows within the same tenth of a second. */
export function eventTimes(events: readonly { readonly atMs: number }[]): string[] {
  const times = events.map(({ atMs }) => `${number(atMs / 1000, 1)} s`);
  return times.map((time, i) => (time === times[i - 1] ? 'then' : time));
}

interface KnownAccuracy {
  /** Measured on whole requests; absent or null if it was not measured. */
  readonly endToEnd?: number | null;
  readonly pas: number | null;
}

/** The accuracy end to end or, where that was not measured, PAS. The text says which of the two the figure is. */
export function accuracyText({ endToEnd = null, pas }: KnownAccuracy): string {
  if (endToEnd !== null) return `accuracy ${percent(endToEnd)}`;
  return pas === null ? ACCURACY_UNKNOWN : `PAS ${percent(pas)}`;
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  // 999,500 B are 1.00 MB, and not 1,000 kB.
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value / 0.9995)) / 3));
  const scaled = value / 1000 ** power;
  const fixed = power === 0 ? 0 : digits(scaled);
  return `${number(scaled, fixed)}\u00a0${units[power]}`;
}

/** A backend with its threads: `wasm, 2 threads`. */
export const sweepText = ({ backend, threads }: Sweep): string =>
  threads > 1 ? `${backend}, ${plural(threads, 'thread')}` : backend;

/** A cell in words: `detect/det4 on wasm, batch 2`. */
export const cellText = (key: CellKey): string =>
  `${key.stage}/${key.variant} on ${sweepText(key)}, batch ${key.batch}`;

const WEIGHTS: Readonly<Record<string, string>> = { fp32: 'float32', fp16: 'float16' };

/** The types of a variant's weights, such as `float32`, or `q8 + q4` where its sessions differ. */
export const weightsText = ({ sessions }: Pick<ManifestVariant, 'sessions'>): string => {
  const dtypes = new Set(Object.values(sessions).map(({ dtype }) => dtype));
  return [...dtypes].map((dtype) => WEIGHTS[dtype] ?? dtype).join(' + ');
};

/** Formats an approximate time, such as the time left: `80 s`, `12 min`, `1.5 h`. */
export function duration(ms: number): string {
  const s = Math.ceil(ms / 1000);
  if (s < 90) return `${s} s`;
  const minutes = Math.round(s / 60);
  return minutes < 90 ? `${minutes} min` : `${number(minutes / 60, 1)} h`;
}

const RUN_LABELS: Readonly<Record<string, string>> = {
  'decoder-first': 'first step',
  decoder: 'later steps',
};

/** The name of a kind of session run in words. */
export const runLabel = (name: string): string => RUN_LABELS[name] ?? name;

export const date = (iso: string): string =>
  new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }) +
  ' UTC';

/** Formats one variant per stage, in the stages' order: `det16 → res16`. */
export const chain = (variants: Readonly<Record<string, string>>, stages: readonly string[]): string =>
  stages.map((stage) => variants[stage] ?? DASH).join(' → ');

/** A number with its noun, in the singular wherever the number is shown as 1. */
export function plural(count: number, one: string, many = `${one}s`): string {
  const shown = number(count);
  return `${shown} ${shown === '1' ? one : many}`;
}

/** A rate of requests as a sentence says it: `1 request/s`, `5 requests/s`. */
export const requestRate = (perS: number): string => `${plural(perS, 'request')}/s`;

export const adapterText = (adapter: Omit<NonNullable<Device['adapter']>, 'software'> | null): string =>
  adapter
    ? [adapter.vendor, adapter.architecture, adapter.description].filter(Boolean).join(' · ') || 'not named'
    : 'none';
