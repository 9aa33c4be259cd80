import type { Plan } from '../../solver/documents/plan.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { cascadeGains, type Frontiers } from '../../solver/frontier/cascade-gains.ts';
import { betaRange } from '../../solver/frontier/weights.ts';
import { counted } from '../../solver/math/figures.ts';
import { nearestRank, samplesMin, sortedNumbers } from '../../solver/math/statistics.ts';
import { ACCURACY_UNKNOWN } from '../../solver/report/accuracy-unknown.ts';
import { cascadeGainSentences } from '../../solver/report/cascade-gain-text.ts';
import { pointBatches, pointVariants } from '../../solver/report/cascade-text.ts';
import { choiceText } from '../../solver/report/choice-text.ts';
import { latencyAt } from '../../solver/report/run-result.ts';
import { runSentences } from '../../solver/report/run-text.ts';
import { inTimeShare, ms, share, table } from '../../workers/command/terminal.ts';

/**
 * Table of runs of plans for one SLA: each run has a line of measured values and, unless its load had another rate than the plan,
 * the predicted values below it. The last line has the SLA and the required attainment.
 */
function runTable(runs: readonly RunReport[]): string {
  const { slaMs, percentile } = runs[0]!;
  const shown = [...new Set([50, 95, percentile])].sort((a, b) => a - b);
  const rows = runs.flatMap((run) => {
    const { result, predicted, load } = run;
    const measured = [
      run.name,
      run.simulated ? 'simulated' : 'measured',
      ...shown.map((p) => ms(measuredAt(p, run))),
      inTimeShare(result.slaAttainment),
      result.goodputPerS.toFixed(2),
      `${result.completed}/${result.shed}/${result.failed}`,
      share(result.accuracy.endToEnd),
      share(result.accuracy.pas),
      result.cost.mean.toFixed(2),
    ];
    const expected = [
      '',
      'predicted',
      ...shown.map((p) => ms(latencyAt(predicted.latencyMs, p))),
      inTimeShare(predicted.slaAttainment),
      predicted.goodputPerS.toFixed(2),
      `shed ${(100 * predicted.shedShare).toFixed(1)} %`,
      share(predicted.endToEnd),
      share(predicted.pas),
      predicted.cost.toFixed(2),
    ];
    const atOtherRate = Math.abs(load.ratePerS / run.plans[0]!.plan.ratePerS - 1) > 0.02;
    return atOtherRate ? [measured] : [measured, expected];
  });
  const required = [
    ...['', 'required'],
    ...shown.map((p) => (p === percentile ? ms(slaMs) : '')),
    ...[share(percentile / 100), '', '', '', '', ''],
  ];
  const columns = ['attainment', 'goodput/s', 'ok/shed/failed', 'end to end', 'PAS', 'cost'];
  return table(['run', '', ...shown.map((p) => `p${p} ms`), ...columns], [...rows, required]);
}

/** A percentile of a run's latencies; undefined if the report does not list it, and has too few requests for it. */
function measuredAt(percentile: number, { result, requests }: RunReport): number | null | undefined {
  const listed = latencyAt(result.latencyMs, percentile);
  const latencies = requests.flatMap(({ latencyMs }) => latencyMs ?? []);
  if (listed !== undefined || latencies.length < samplesMin(percentile)) return listed;
  return nearestRank(sortedNumbers(latencies), percentile);
}

/** The table of runs and, below it, the sentences of each run. */
export const runText = (runs: readonly RunReport[]): string =>
  [
    runTable(runs),
    ...(runs.some(({ predicted }) => predicted.pas === null) ? [ACCURACY_UNKNOWN] : []),
    ...runs.flatMap((run) => runSentences(run).map((text) => `${run.name}: ${text}`)),
  ].join('\n');

/** Table of a frontier's points, with the range of β that chooses each; with cascades, also a table of their gains. */
export function frontierText(
  { frontier: points, frontierWithoutCascades: without }: Frontiers,
  { predicted, objective }: Pick<Plan, 'predicted' | 'objective'>,
): string {
  const rows = points.map((point) => [
    share(predicted.pas === null ? null : point.accuracy),
    point.cost.toFixed(3),
    ms(point.boundMs),
    Object.values(pointVariants(point)).join(' → '),
    Object.keys(point.variants)
      .map((stage) => pointBatches(point, stage))
      .join(' → '),
    betaRange(point.weights),
  ]);
  return (
    `${table(['accuracy', 'cost', 'bound ms', 'variants', 'batches', 'beta'], rows)}\n\n` +
    `${points.length} Pareto-best choices of accuracy, cost and latency bound. ` +
    'beta: values of --beta that choose it, with --sla at its bound, --alpha 1 and --delta 0; –: no value does.' +
    (without.length > 0 ? `\n\n${gainText(points, without, objective)}` : '')
  );
}

function gainText(
  points: Frontiers['frontier'],
  without: Frontiers['frontierWithoutCascades'],
  { accuracy: method }: Plan['objective'],
): string {
  const rows = cascadeGains(points, without).map(({ cost, best, bestWithout }) => [
    cost.toFixed(3),
    share(bestWithout?.accuracy ?? null),
    share(best.accuracy),
    Object.values(pointVariants(best)).join(' → '),
  ]);
  return [
    table(['cost', 'without cascades', 'accuracy', 'variants'], rows),
    // The sentences are about PAS, which is the accuracy only if the plan multiplies the stages' accuracies.
    ...(method === 'product' ? ['', ...cascadeGainSentences(points, without)] : []),
  ].join('\n');
}

/** Table of a run's plans, with the time from which each served. */
export function planTimeline({ plans, adaptation, simulated }: RunReport): string {
  const rows = plans.map(({ atMs, plan }) => [
    (atMs / 1000).toFixed(1),
    String(+plan.ratePerS.toPrecision(4)),
    choiceText(plan),
    share(plan.predicted.pas),
    plan.predicted.cost.toFixed(2),
  ]);
  const switches = `${counted(plans.length - 1, 'change')} of plan`;
  const decisions = adaptation
    ? `${counted(adaptation.steps.length, 'decision')}${simulated ? ` by ${adaptation.system}` : ''}, ${switches}`
    : switches;
  return `${table(['from s', 'requests/s', 'plan', 'PAS', 'cost'], rows)}\n\n${decisions}`;
}
