import type { RunReport } from '../solver/documents/report.ts';
import { ms, share, table } from './terminal.ts';

/** Runs side by side, each with what was predicted below what was measured. */
export function runTable(runs: readonly RunReport[]): string {
  const rows = runs.flatMap((run) => {
    const { result, predicted, load } = run;
    const measured = [
      run.name,
      'measured',
      ms(result.latencyMs.p50),
      ms(result.latencyMs.p95),
      share(result.slaAttainment),
      result.goodputPerS.toFixed(2),
      `${result.completed}/${result.shed}/${result.failed}`,
      share(result.accuracy.endToEnd),
      share(result.accuracy.pas),
      result.cost.mean.toFixed(2),
    ];
    const expected = [
      '',
      'predicted',
      ms(predicted.latencyMs?.p50),
      ms(predicted.latencyMs?.p95),
      share(predicted.slaAttainment),
      predicted.goodputPerS.toFixed(2),
      `shed ${(100 * predicted.shedShare).toFixed(1)} %`,
      share(predicted.endToEnd),
      share(predicted.pas),
      predicted.cost.toFixed(2),
    ];
    const atOtherRate = Math.abs(load.ratePerS / run.plans[0]!.plan.ratePerS - 1) > 0.02;
    return atOtherRate ? [measured] : [measured, expected];
  });
  return table(
    ['run', '', 'p50 ms', 'p95 ms', 'attainment', 'goodput/s', 'ok/shed/failed', 'end to end', 'PAS', 'cost'],
    rows,
  );
}
