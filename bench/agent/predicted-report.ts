import type { Plan } from '../../solver/documents/plan.ts';
import type { ServiceFactors } from '../../solver/documents/serving.ts';
import { median } from '../../solver/math/statistics.ts';
import { correctionText } from '../../solver/report/correction-text.ts';
import type { SimulatedPrediction } from '../../solver/simulate/predict.ts';
import { ms, share, table } from '../../workers/command/terminal.ts';
import type { Outcome } from './report.ts';

const TARGET = { medianP95: 0.2, worstP95: 0.4, attainment: 0.02 };

/** A plan, and the outcome that a client measured under it. */
export interface Compared {
  readonly at: 'serve' | 'pods';
  readonly plan: Plan;
  readonly outcome: Outcome;
  /** The corrections that the server's counters gave for the load before this one. */
  readonly inService: ServiceFactors;
  /** The plan's prediction by the profile with the corrections of `inService`. */
  readonly corrected: SimulatedPrediction;
}

type PredictedOf = (compared: Compared) => SimulatedPrediction;
/** The two predictions of a plan: with the times of the profile, and with those times as corrected in service. */
const OF_PROFILE: PredictedOf = ({ plan }) => plan.predicted;
const CORRECTED: PredictedOf = ({ corrected }) => corrected;

/** The deviation of the measured p95 from a predicted one, as a fraction of the predicted one. */
const p95Error = (one: Compared, of: PredictedOf): number => one.outcome.p95Ms / of(one).latencyMs!.p95 - 1;
const attainmentError = (one: Compared, of: PredictedOf): number =>
  one.outcome.attainment - of(one).slaAttainment;

const percent = (part: number): string => `${(100 * part).toFixed(0)} %`;
const change = (part: number): string => `${part > 0 ? '+' : ''}${percent(part)}`;

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
      change(p95Error(one, OF_PROFILE)),
      correctionText(one),
      ms(one.corrected.latencyMs!.p95),
      change(p95Error(one, CORRECTED)),
      share(plan.predicted.slaAttainment),
      share(one.corrected.slaAttainment),
      share(outcome.attainment),
      ms(outcome.latenessP99Ms),
      outcome.valid ? '' : 'NOT VALID',
    ];
  });
  const head = [
    ...['at', 'SLA ms', 'requests/s', 'plan', 'p50: predicted', 'measured', 'p95: predicted', 'measured', ''],
    ...['corrections in service', 'p95 predicted with them', ''],
    ...['attainment: predicted', 'with corrections', 'measured', 'sent late p99', ''],
  ];
  const verdicts = (['serve', 'pods'] as const).flatMap((at) => [
    ...verdict(at, all, OF_PROFILE, 'by the profile'),
    ...verdict(at, all, CORRECTED, 'with corrections in service'),
  ]);
  return [table(head, rows), ...verdicts].join('\n');
}

function verdict(at: Compared['at'], all: readonly Compared[], of: PredictedOf, which: string): string[] {
  const valid = all.filter((one) => one.at === at && one.outcome.valid);
  if (valid.length === 0) return [];
  const p95Errors = valid.map((one) => Math.abs(p95Error(one, of)));
  const middle = median(p95Errors);
  const worst = Math.max(...p95Errors);
  const attainment = Math.max(...valid.map((one) => Math.abs(attainmentError(one, of))));
  const error = (value: number, target: number, text: (value: number) => string) =>
    `${text(value)}, target ${text(target)}${value <= target ? '' : ': MISSED'}`;
  return [
    `${at}, ${valid.length} valid loads, predicted ${which}: p95 off in the median by ${error(middle, TARGET.medianP95, percent)}; ` +
      `at worst by ${error(worst, TARGET.worstP95, percent)}; ` +
      `attainment off at most by ${error(attainment, TARGET.attainment, (value) => value.toFixed(3))}`,
  ];
}
