import type { Plan } from '../../../solver/documents/plan.ts';
import { DASH, milliseconds, number, percent } from '../../components/format.ts';

interface ComparisonProps {
  readonly pinned: Plan;
  readonly plan: Plan;
}

/** Table of two plans' predictions and their differences. */
export function Comparison({ pinned, plan }: ComparisonProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="scroll cards" aria-label="Pinned plan beside this one" tabIndex={0}>
      <table class="comparison-table">
        <thead>
          <tr>
            <th scope="col">Plan</th>
            {FIGURES.map(({ label }) => (
              <th key={label} scope="col" class="numeric">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <ComparisonRow name="pinned" text={({ value, show }) => show(value(pinned))} />
          <ComparisonRow name="this" text={({ value, show }) => show(value(plan))} />
          <ComparisonRow name="difference" text={(figure) => differenceText(figure, pinned, plan)} />
        </tbody>
      </table>
    </section>
  );
}

interface ComparisonRowProps {
  readonly name: string;
  readonly text: (figure: Figure) => string;
}

function ComparisonRow({ name, text }: ComparisonRowProps) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {FIGURES.map((figure) => (
        <td key={figure.label} class="numeric" data-head={figure.label}>
          {text(figure)}
        </td>
      ))}
    </tr>
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

function differenceText({ value, show, difference = show }: Figure, pinned: Plan, plan: Plan): string {
  const [before, now] = [value(pinned), value(plan)];
  if (before === null || now === null) return DASH;
  if (before === now) return 'same';
  return `${now > before ? '+' : '−'}${difference(Math.abs(now - before))}`;
}
