import { heavyRow, isStandbyRow, rowsByIndex, stageOf } from '../dispatch/rows.ts';
import { heldModels, type Plan, type PlanWorker, stageNameOf, stagesOf } from '../documents/plan.ts';
import { backendsOf, cellsOfRow, type Profile } from '../documents/profile.ts';
import { REPORT, REQUESTS_MAX, type RunReport } from '../documents/run-report.ts';
import { largest } from '../math/statistics.ts';
import { outcomesOf, pasInService, type RanInPlan, type SettledItems } from '../report/outcomes.ts';
import { meanPas, overTime, type TimedValue, timeMean } from '../report/over-time.ts';
import { requestResult } from '../report/run-result.ts';
import type { AdaptationInput, AdaptationResult } from './adaptation.ts';
import type { PlanAnswered } from './switching.ts';

/**
 * Returns a function that gives the time in ms in which a worker of a plan starts: the time in the profile for loading, creating
 * and first running its sessions, standbys included. A session whose batch size was not measured adds nothing.
 */
export const startMsOf =
  (profile: Pick<Profile, 'cells'>) =>
  (plan: Plan, worker: PlanWorker): number =>
    stagesOf(plan, worker)
      .flatMap((row) => {
        const { batch } = row;
        const { backend, threads } = worker;
        return heldModels(row).map(({ variant }) => {
          const cells = cellsOfRow(profile, { name: stageNameOf(row), variant, backend, threads });
          return cells.find((cell) => cell.batch === batch)?.cold;
        });
      })
      .reduce((sum, cold) => (cold ? sum + cold.loadMs + cold.createMs + cold.firstRunMs : sum), 0);

/** The report of a simulated run under a load. */
export function adaptationReport(
  input: AdaptationInput,
  { requests, steps, plans, cost, answered }: AdaptationResult,
): RunReport {
  const { profile, system, predictor, intervalMs, durationS, seed } = input;
  const first = plans[0]!.plan;
  const { slaMs, percentile } = first;
  const [ran, settled] = [answered.flatMap(ranOf), answered.flatMap(settledOf)];
  const pas = pasInService([...plans], ran, settled);
  const mean = (values: readonly TimedValue[]) => timeMean(values, 0, 1000 * durationS);
  return {
    schema: REPORT,
    kind: 'run',
    name: system.name,
    simulated: true,
    createdAt: new Date().toISOString(),
    pipeline: profile.pipeline,
    device: profile.device,
    seed,
    backends: backendsOf(profile),
    slaMs,
    percentile,
    load: {
      kind: 'trace',
      ratePerS: requests.length / durationS,
      durationS,
      requests: requests.length,
      latenessP99Ms: 0,
      valid: true,
    },
    result: {
      ...requestResult(requests, slaMs, durationS),
      accuracy: { endToEnd: null, metric: 'PAS', pas: meanPas(pas, 0, 1000 * durationS), n: 0 },
      cost: { mean: mean(cost), max: largest(cost.map(({ value }) => value)) },
    },
    predicted: first.predicted,
    resimulated: null,
    plans: [...plans],
    ...outcomesOf(
      answered.map(({ plan }) => plan),
      ran,
      settled,
    ),
    adaptation: {
      system: system.name,
      predictor: predictor.name,
      intervalS: intervalMs / 1000,
      steps: steps.map(({ atMs, forecast, plannedPerS }) => ({ atMs, ...forecast, plannedPerS })),
    },
    overTime: overTime(requests, { cost, pas }, slaMs, durationS),
    requests: requests.length > REQUESTS_MAX ? [] : [...requests],
    service: [],
    events: [],
  };
}

/** All items of each row of a plan, as if the row had run them in one batch: only their totals count. */
function ranOf({ plan, items, settled }: PlanAnswered): RanInPlan[] {
  const rows = rowsByIndex(plan.stages);
  const { length: stages } = settled;
  return rows.flatMap((row, index): RanInPlan[] => {
    if (!row) return [];
    const heavy = index < stages ? rows[heavyRow(index, stages)] : undefined;
    return [
      {
        ...{ plan, stage: stageNameOf(row), variant: row.variant, items: items[index]! },
        ...(isStandbyRow(index, stages) && { standby: rows[stageOf(index, stages)]!.variant }),
        ...(heavy && {
          cascade: {
            heavy: heavy.variant,
            below: heavy.escalation!.below,
            escalated: items[heavyRow(index, stages)]! + settled[index]!,
          },
        }),
      },
    ];
  });
}

function settledOf({ plan, settled }: PlanAnswered): SettledItems[] {
  const rows = rowsByIndex(plan.stages);
  return settled.map((items, index) => ({ stage: stageNameOf(rows[index]!), plan, items }));
}
