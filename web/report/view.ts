import type { Backend, Device } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import type { BenchReport, Combination, FrontierPoint, RunReport } from '../../solver/documents/report.ts';
import { sameVariants, type Variants, variantsOf } from '../charts/variants.ts';
import { chain, plural } from '../components/format.ts';

/** The runs that were allowed the same backends, and what else could have been done with these. */
export interface BackendSet {
  readonly backends: readonly Backend[];
  readonly title: string;
  readonly runs: readonly RunReport[];
  readonly combinations: readonly Combination[];
  readonly frontier: readonly FrontierPoint[];
}

/** A report of runs, of one or of a bench's, as it is shown. */
export interface ReportView {
  readonly pipeline: string;
  readonly createdAt: string;
  readonly device: Device;
  readonly seed: number;
  readonly stages: readonly string[];
  readonly sets: readonly BackendSet[];
  readonly profile: Profile | null;
}

/** The plan that a run ended with. */
export const lastPlan = (run: RunReport): Plan => run.plans.at(-1)!.plan;

export function viewOf(report: RunReport | BenchReport): ReportView {
  const bench = report.kind === 'bench' ? report : null;
  const runs = report.kind === 'bench' ? report.runs : [report];
  const titles = [...new Set(runs.map((run) => titleOf(run.backends)))];
  const { pipeline, createdAt, device, seed } = report;
  return {
    pipeline,
    createdAt,
    device,
    seed,
    stages: lastPlan(runs[0]!).stages.map((stage) => stage.name),
    sets: titles.map((title) => {
      const ofSet = (one: { backends: readonly Backend[] }) => titleOf(one.backends) === title;
      const own = runs.filter(ofSet);
      return {
        title,
        backends: own[0]!.backends,
        runs: own,
        combinations: bench?.combinations.filter(ofSet) ?? [],
        frontier: bench?.frontier.filter(ofSet) ?? [],
      };
    }),
    profile: bench?.profile ?? null,
  };
}

/** What tells a run apart, and that nothing ran where it was simulated. */
export const runTitle = (run: RunReport): string =>
  `${run.name} · ${titleOf(run.backends)}${run.simulated ? ' · SIMULATED' : ''}`;

/** What served: the variants, or how many plans where they changed. */
export const servedText = (run: RunReport, stages: readonly string[]): string =>
  run.plans.length === 1
    ? chain(variantsOf(lastPlan(run)), stages)
    : `${plural(run.plans.length, 'plan')} in turn`;

/** Whether a run is not told by its requests and its last plan alone. */
export const isTimed = ({ adaptation, plans, requests, load }: RunReport): boolean =>
  adaptation !== null || plans.length > 1 || requests.length < load.requests;

const titleOf = (backends: readonly Backend[]): string => [...backends].sort().reverse().join(' + ');

/** The run of the set that the planner chose for, where there is one. */
export const planRun = (set: BackendSet): RunReport | undefined =>
  set.runs.find((run) => run.name === 'plan') ?? (set.runs.length === 1 ? set.runs[0] : undefined);

/** Whether a run's last plan is of these variants. */
export const runsVariants = (run: RunReport, variants: Variants): boolean =>
  sameVariants(variantsOf(lastPlan(run)), variants);
