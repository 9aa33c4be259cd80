import { answersByStage } from '../../models/tasks/judge.ts';
import { type Plan, stageRows } from '../../solver/documents/plan.ts';
import {
  areOfRow,
  type RequestRecord,
  type RunReport,
  type ServiceTimes,
} from '../../solver/documents/run-report.ts';
import { countBelow } from '../../solver/math/statistics.ts';
import { requestResult } from '../../solver/report/run-result.ts';
import type { ItemFlow } from '../../solver/simulate/fanout.ts';
import { serviceFromRun } from '../../solver/simulate/service.ts';
import { type PlanModel, SwitchingSimulation } from '../../solver/simulate/switching.ts';
import type { RunOptions } from './run-options.ts';
import type { RunRecord } from './run-record.ts';
import type { RequestAnswer } from './types.ts';

/**
 * Simulates the run's arrivals, items and plans with its measured service times. Null if a stage of the first plan has no such
 * times, or if no request was sent.
 */
export function resimulate(
  { plan, load, seed }: RunOptions,
  { answers, packItems, pack, plans }: RunRecord,
  requests: readonly RequestRecord[],
  service: readonly ServiceTimes[],
): RunReport['resimulated'] {
  const hasService = (row: Plan['stages'][number]) => service.some((entry) => areOfRow(entry, row));
  // A plan that served only briefly may have run no batch of some stage. Without that stage's times, the plan is left out.
  const served = plans
    .filter(({ plan: { stages } }) => stages.every(hasService))
    .map(({ atMs, plan: own }) => ({ atMs, plan: withMeasuredStandbys(own, service) }));
  if (requests.length === 0 || served[0]?.atMs !== plans[0]!.atMs) return null;
  const firstFrom = (atMs: number) => countBelow(load.arrivalsMs.subarray(0, requests.length), atMs);
  const model = (serving: Plan): PlanModel => {
    const at = served.findIndex(({ plan: own }) => own === serving);
    const range = [served[at]!, served[at + 1]].map((one) =>
      firstFrom(one?.atMs ?? Number.POSITIVE_INFINITY),
    );
    return {
      ...observedFlow(answers, packItems, range, pack.items.lengths.length, serving.stages),
      service: serviceFromRun(service, serving.stages),
    };
  };
  const simulation = new SwitchingSimulation(served[0].plan, model, {
    arrivalsMs: load.arrivalsMs.subarray(0, requests.length),
    packItems,
    seed,
  });
  for (const next of served.slice(1)) {
    simulation.runUntil(next.atMs);
    simulation.switchTo(simulation.prepare(next.plan));
  }
  const { requests: simulated } = simulation.finish();
  const { latencyMs, slaAttainment } = requestResult(simulated, plan.slaMs, load.durationS);
  return { p95: latencyMs.p95, slaAttainment: slaAttainment! };
}

/** The plan with only those standbys that ran a batch. The others have no measured times: without a burst, no standby runs. */
const withMeasuredStandbys = (plan: Plan, service: readonly ServiceTimes[]): Plan => ({
  ...plan,
  stages: plan.stages.map(({ standby, ...row }) =>
    standby && service.some((entry) => areOfRow(entry, { ...row, variant: standby.variant }))
      ? { ...row, standby }
      : row,
  ),
});

/** The path of one pack item through the stages of a run. */
interface Seen {
  readonly counts: readonly number[];
  /** For each stage and item, whether the item escalated. */
  readonly escalated: readonly (readonly boolean[])[];
}

/**
 * The numbers of items and the escalations of each pack item, from the completed requests of a range. A pack item without
 * such a request gets the mean number of items at each stage, and none of its items escalates.
 */
function observedFlow(
  answers: readonly RequestAnswer[],
  packItems: Int32Array,
  [first, end]: readonly number[],
  packSize: number,
  rows: Plan['stages'],
): ItemFlow {
  const stages = stageRows(rows).length;
  const seen: (Seen | undefined)[] = Array.from({ length: packSize });
  for (let i = first!; i < end!; i++) {
    const { outcome, answer } = answers[i]!;
    if (outcome !== 'completed') continue;
    const levels = answersByStage(answer, stages);
    seen[packItems[i]!] = {
      counts: levels.map(({ length }) => length),
      escalated: levels.map((level) => level.map((item) => item.escalated === true)),
    };
  }
  const known = seen.filter((one) => one !== undefined);
  const means = Array.from({ length: stages }, (_, s) =>
    known.length ? Math.round(known.reduce((sum, { counts }) => sum + counts[s]!, 0) / known.length) : 1,
  );
  return {
    counts: (packItem, stage) => (seen[packItem]?.counts ?? means)[stage]!,
    escalates: (packItem, stage, position) => seen[packItem]?.escalated[stage]?.[position] ?? false,
  };
}
