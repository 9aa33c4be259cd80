/** A positive number to four digits, rounded to the side that still does: up for a need, down for an allowance. */
export function figure(value: number, to: 'up' | 'down'): string {
  if (value === 0) return '0';
  const unit = 10 ** (Math.floor(Math.log10(value)) - 3);
  const units = to === 'up' ? Math.ceil(value / unit - 1e-9) : Math.floor(value / unit + 1e-9);
  return String(Number((units * unit).toPrecision(4)));
}
