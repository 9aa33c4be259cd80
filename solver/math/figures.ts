/** Writes a number with four digits, rounded to the safe side: up for what is needed, down for what is allowed. */
export function figure(value: number, to: 'up' | 'down'): string {
  if (value === 0) return '0';
  const unit = 10 ** (Math.floor(Math.log10(value)) - 3);
  const units = to === 'up' ? Math.ceil(value / unit - 1e-9) : Math.floor(value / unit + 1e-9);
  return String(Number((units * unit).toPrecision(4)));
}
