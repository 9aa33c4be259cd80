import type { Backend } from '../../../solver/documents/common.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import type { BenchReport, Combination, FrontierPoint } from '../../../solver/documents/report.ts';
import type { RunReport } from '../../../solver/documents/run-report.ts';
import { plural } from '../../components/format.ts';
import { variantsText } from '../../components/variants.ts';

/** Runs that could use the same backends, with the alternatives on these backends. */
export interface BackendSet {
  readonly backends: readonly Backend[];
  readonly title: string;
  readonly runs: readonly RunReport[];
  readonly combinations: readonly Combination[];
  readonly frontier: readonly FrontierPoint[];
  /** Empty if the frontier has no cascade. */
  readonly frontierWithoutCascades: readonly FrontierPoint[];
}

/** The plan in use at the end of a run. */
export const lastPlan = (run: RunReport): Plan => run.plans.at(-1)!.plan;

/** Divides the runs of a report, with their alternatives, by the backends that they could use. */
export function setsOf(report: RunReport | BenchReport): BackendSet[] {
  const bench = report.kind === 'bench' ? report : null;
  const runs = report.kind === 'bench' ? report.runs : [report];
  const titles = [...new Set(runs.map((run) => titleOf(run.backends)))];
  return titles.map((title) => {
    const ofSet = (one: { backends: readonly Backend[] }) => titleOf(one.backends) === title;
    const own = runs.filter(ofSet);
    return {
      title,
      backends: own[0]!.backends,
      runs: own,
      combinations: bench?.combinations.filter(ofSet) ?? [],
      frontier: bench?.frontier.filter(ofSet) ?? [],
      frontierWithoutCascades: bench?.frontierWithoutCascades?.filter(ofSet) ?? [],
    };
  });
}

/** Title of a run: name, backends, and whether it was only simulated. */
export const runTitle = (run: RunReport): string =>
  `${run.name} · ${titleOf(run.backends)}${run.simulated ? ' · SIMULATED' : ''}`;

/** The variants of a run's plan or, if there were several plans, their number. */
export const servedText = (run: RunReport): string =>
  run.plans.length === 1 ? variantsText(lastPlan(run)) : `${plural(run.plans.length, 'plan')} in turn`;

/** Whether a run needs charts over time: it adapted, changed its plan, or has requests that are not listed. */
export const isTimed = ({ adaptation, plans, requests, load }: RunReport): boolean =>
  adaptation !== null || plans.length > 1 || requests.length < load.requests;

const titleOf = (backends: readonly Backend[]): string => [...backends].sort().reverse().join(' + ');

/** The run of the planner's choice, or undefined. */
export const planRun = (set: BackendSet): RunReport | undefined =>
  set.runs.find((run) => run.name === 'plan') ?? (set.runs.length === 1 ? set.runs[0] : undefined);

/** Whether the requests of the plan's run were sent in time. An overloaded baseline does not make the plan's figures wrong. */
export function isValid(set: BackendSet): boolean {
  const chosen = planRun(set);
  return (chosen ? [chosen] : set.runs).every(({ load }) => load.valid);
}
