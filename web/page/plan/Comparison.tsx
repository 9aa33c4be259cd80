import type { Plan } from '../../../solver/documents/plan.ts';
import { DASH, milliseconds, number, percent } from '../../format.ts';

interface ComparisonProps {
  readonly pinned: Plan;
  readonly plan: Plan;
}

/** The figures of two plans side by side. */
export function Comparison({ pinned, plan }: ComparisonProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="scroll" aria-label="Pinned plan beside this one" tabIndex={0}>
      <table class="comparison-table">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">Figure</span>
            </th>
            <th scope="col" class="numeric">
              pinned
            </th>
            <th scope="col" class="numeric">
              this
            </th>
            <th scope="col" class="numeric">
              difference
            </th>
          </tr>
        </thead>
        <tbody>
          {FIGURES.map(({ label, value, show, difference = show }) => {
            const [before, now] = [value(pinned), value(plan)];
            return (
              <tr key={label}>
                <th scope="row">{label}</th>
                <td class="numeric">{show(before)}</td>
                <td class="numeric">{show(now)}</td>
                <td class="numeric">
                  {before === null || now === null ? DASH : signed(now - before, difference)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

interface Figure {
  readonly label: string;
  readonly value: (plan: Plan) => number | null;
  readonly show: (value: number | null) => string;
  readonly difference?: (value: number) => string;
}

const rate = (value: number | null): string => `${number(value)} /s`;
const points = (share: number): string => `${number(100 * share, 1)} points`;

const FIGURES: readonly Figure[] = [
  { label: 'SLA', value: ({ slaMs }) => slaMs, show: milliseconds },
  { label: 'Arrival rate', value: ({ ratePerS }) => ratePerS, show: rate },
  {
    label: 'Attainment',
    value: ({ predicted }) => predicted.slaAttainment,
    show: percent,
    difference: points,
  },
  { label: 'p95', value: ({ predicted }) => predicted.latencyMs?.p95 ?? null, show: milliseconds },
  {
    label: 'Accuracy, end to end',
    value: ({ predicted }) => predicted.endToEnd,
    show: percent,
    difference: points,
  },
  { label: 'PAS', value: ({ predicted }) => predicted.pas, show: percent, difference: points },
  { label: 'Cost', value: ({ predicted }) => predicted.cost, show: number },
];

const signed = (difference: number, show: (value: number) => string): string =>
  difference === 0 ? 'same' : `${difference > 0 ? '+' : '−'}${show(Math.abs(difference))}`;
