import { getOrMake } from './maps.ts';

/** A number with four digits, rounded to the safe side: up for what is needed, down for what is allowed. */
export function figure(value: number, to: 'up' | 'down'): number {
  if (value === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 3);
  const units = to === 'up' ? Math.ceil(value / unit - 1e-9) : Math.floor(value / unit + 1e-9);
  return Number((units * unit).toPrecision(4));
}

/** A fraction of requests in time, rounded down, so that a fraction below the required one never reads as the required one. */
export const attainmentFigure = (attained: number, digits: number): number =>
  Math.floor(attained * 10 ** digits + 1e-6) / 10 ** digits;

/** The formats of numbers by their digits, kept because making one takes twenty times as long as using it. */
const formats = new Map<number, Intl.NumberFormat>();

/** A number as text, with commas between thousands. @param digits significant digits to round to; 15 hide errors of rounding */
export const grouped = (value: number, digits = 15): string =>
  getOrMake(formats, digits, () => new Intl.NumberFormat('en', { maximumSignificantDigits: digits })).format(
    value,
  );

/** A share as text in percent, with one decimal. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A share as text in percent, with four digits, so that a share just beyond a limit does not read as the limit. */
export const precisePercent = (share: number): string => `${grouped(100 * share, 4)} %`;

/** A rate of requests as text: `1 request/s`, `5.5 requests/s`. @param digits significant digits to round to */
export const requestsPerS = (perS: number, digits = 6): string =>
  `${counted(+perS.toPrecision(digits), 'request')}/s`;

/** An SLA as text: `300 ms`. It is rounded to six digits, because an SLA computed from measurements may have seventeen. */
export const slaText = (slaMs: number): string => `${+slaMs.toPrecision(6)} ms`;

/** A number with its noun. @param many the noun for any number but 1 */
export const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
