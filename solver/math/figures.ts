import type { Weights } from '../documents/report.ts';

/** A positive number to four digits, rounded to the side that still does: up for a need, down for an allowance. */
export function figure(value: number, to: 'up' | 'down'): string {
  if (value === 0) return '0';
  const unit = 10 ** (Math.floor(Math.log10(value)) - 3);
  const units = to === 'up' ? Math.ceil(value / unit - 1e-9) : Math.floor(value / unit + 1e-9);
  return String(Number((units * unit).toPrecision(4)));
}

/** The β that choose a point of the frontier; a dash where none does. */
export function betas(weights: Weights | null): string {
  if (!weights) return '–';
  const text = (value: number) => String(Number(value.toPrecision(3)));
  return weights.betaMax === null
    ? `over ${text(weights.betaMin)}`
    : `${text(weights.betaMin)} to ${text(weights.betaMax)}`;
}
