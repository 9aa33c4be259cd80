import type { Plan } from '../../solver/documents/plan.ts';
import { median } from '../../solver/math/statistics.ts';
import { ms, share, table } from '../../workers/command/terminal.ts';
import type { Outcome } from './report.ts';

const TARGET = { medianP95: 0.2, worstP95: 0.4, attainment: 0.02 };

/** A plan, and the outcome that a client measured under it. */
export interface Compared {
  readonly at: 'serve' | 'pods';
  readonly plan: Plan;
  readonly outcome: Outcome;
}

/** The deviation of the measured p95 from the predicted one, as a fraction of the predicted one. */
const p95Error = ({ plan, outcome }: Compared): number => outcome.p95Ms / plan.predicted.latencyMs!.p95 - 1;
const attainmentError = ({ plan, outcome }: Compared): number =>
  outcome.attainment - plan.predicted.slaAttainment;

const percent = (part: number): string => `${part > 0 ? '+' : ''}${(100 * part).toFixed(0)} %`;

export function predictedText(all: readonly Compared[]): string {
  const rows = all.map((one) => {
    const { at, plan, outcome } = one;
    return [
      at,
      String(plan.slaMs),
      plan.ratePerS.toFixed(0),
      plan.stages.map(({ variant, batch, replicas }) => `${variant} b${batch} ×${replicas}`).join(' → '),
      ms(plan.predicted.latencyMs!.p50),
      ms(outcome.p50Ms),
      ms(plan.predicted.latencyMs!.p95),
      ms(outcome.p95Ms),
      percent(p95Error(one)),
      share(plan.predicted.slaAttainment),
      share(outcome.attainment),
      ms(outcome.latenessP99Ms),
      outcome.valid ? '' : 'NOT VALID',
    ];
  });
  const head = [
    ...['at', 'SLA ms', 'requests/s', 'plan', 'p50: predicted', 'measured', 'p95: predicted', 'measured', ''],
    ...['attainment: predicted', 'measured', 'sent late p99', ''],
  ];
  return [table(head, rows), ...(['serve', 'pods'] as const).flatMap((at) => verdict(at, all))].join('\n');
}

function verdict(at: Compared['at'], all: readonly Compared[]): string[] {
  const valid = all.filter((one) => one.at === at && one.outcome.valid);
  if (valid.length === 0) return [];
  const p95Errors = valid.map((one) => Math.abs(p95Error(one)));
  const middle = median(p95Errors);
  const worst = Math.max(...p95Errors);
  const attainment = Math.max(...valid.map((one) => Math.abs(attainmentError(one))));
  const met = (value: number, target: number) => (value <= target ? '' : ': MISSED');
  return [
    `${at}, ${valid.length} valid loads: p95 off by ${percent(middle)} in the median (target 20 %${met(middle, TARGET.medianP95)}), ` +
      `${percent(worst)} at worst (target 40 %${met(worst, TARGET.worstP95)}); ` +
      `attainment off by ${attainment.toFixed(3)} at most (target ${TARGET.attainment}${met(attainment, TARGET.attainment)})`,
  ];
}
