import { ipaEdgeSystem } from '../../solver/adapt/ipa-edge-system.ts';
import { oracle } from '../../solver/adapt/predictors/oracle.ts';
import type { Predictor } from '../../solver/adapt/predictors/predictor.ts';
import type { System } from '../../solver/adapt/system.ts';
import type { AdaptationRun, Comparison } from '../../solver/documents/adaptation-report.ts';
import { accuracyOf, type Profile } from '../../solver/documents/profile.ts';
import type { Interval } from '../../solver/documents/run-report.ts';
import type { Trace } from '../../solver/documents/trace.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { simulateAdaptation } from '../../solver/simulate/adaptation.ts';
import { adaptationReport } from '../../solver/simulate/adaptation-report.ts';
import { traceLoad } from '../../workers/executor/load.ts';
import { Planner } from '../../workers/planner/planner.ts';
import { identify } from '../../workers/store/exchange.ts';
import { rivals } from './rivals.ts';
import type { Setting, Subject } from './subjects.ts';

/** Our system plans with each of these ways to combine the stages' accuracies. */
const ACCURACY = ['product', 'sum'] as const;
/** Our system plans with each of these weights of cost β. Their unit is the PAS per core of FA2-high's variants. */
const BETA_SHARES = [0.001, 0.01, 0.1, 0.4, 2];
/** Most halvings of the interval between two β, to approach a rival's PAS. */
const HALVINGS = 9;
/** Settings of our system for the run with the oracle, which knows the future load. */
const ORACLE = {
  setting: { percentile: 99, minRatePerS: 0, accuracy: 'product' },
  share: 0.1,
  switchShare: 0.02,
} as const;
/** Attainment required of our system when it plans for p99, unless the oracle attains less. */
const KEPT = 0.99;
const INTERVAL_MS = 10_000;
/** Time until a new replica serves, as in IPA's cluster. */
const START_MS = 8000;
const SEED = 1;
/** If FA2-high already has the most accurate variants, our cost may be this many times its cost. */
const SAME_COST = 1.01;
const SAME_PAS = 1e-9;

/** Makes a function that compares all systems on one pipeline under a load. Simulated plans are reused under later loads. */
export async function comparer(subject: Subject, learned: Predictor) {
  const { profile, request, rivals: settings } = subject;
  const measured = await identify(profile);
  const solver = await loadSolver();
  const rivalSystems = rivals(solver, measured, settings);
  const pas = pasOf(profile, settings.fa2High);
  const perCore = pas / coresOf(subject);
  const planner = await Planner.open(measured);
  const systems = new Map<string, System>();
  const systemFor = ({ percentile, minRatePerS, accuracy, beta, eta }: Setting): System => {
    const key = `${percentile} ${minRatePerS} ${accuracy} ${beta} ${eta}`;
    const system =
      systems.get(key) ??
      ipaEdgeSystem(async (asked) => planner.plan(asked), {
        ...request,
        percentile,
        minRatePerS,
        objective: { ...request.objective, accuracy, beta, eta },
      });
    systems.set(key, system);
    return system;
  };
  const betaOf = (share: number) => Number((share * perCore).toPrecision(3));
  const etaOf = (share: number) => (share * pas * request.objective.horizonMs) / START_MS;

  return async (trace: Trace): Promise<Comparison> => {
    const load = traceLoad(trace, subject.scale, SEED);
    const run = async (
      system: System,
      predictor: Predictor,
      setting: Setting | null,
    ): Promise<AdaptationRun> => {
      const input = {
        profile,
        system,
        predictor,
        arrivalsMs: load.arrivalsMs,
        durationS: load.durationS,
        intervalMs: INTERVAL_MS,
        startMs: () => START_MS,
        seed: SEED,
      };
      const { result, plans, overTime } = adaptationReport(input, await simulateAdaptation(input));
      return {
        system: system.name,
        predictor: predictor.name,
        setting,
        slaAttainment: result.slaAttainment!,
        p95Ms: result.latencyMs.p95,
        pas: result.accuracy.pas,
        cost: result.cost.mean,
        switches: plans.length - 1,
        overTime: overTime.map(rounded),
      };
    };
    const rivalRuns: AdaptationRun[] = [];
    for (const system of rivalSystems) rivalRuns.push(await run(system, learned, null));
    const reference: Setting = {
      ...ORACLE.setting,
      beta: betaOf(ORACLE.share),
      eta: etaOf(ORACLE.switchShare),
    };
    const oracleRun = await run(systemFor(reference), oracle(load.arrivalsMs), reference);
    const ourRuns: AdaptationRun[] = [];
    const attempt = async (setting: Setting) => {
      ourRuns.push(await run(systemFor(setting), learned, setting));
    };
    const targets = rivalRuns.filter(({ system }) => system === 'ipa' || system === 'fa2-high');
    const missing = () => targets.filter((target) => !ourRuns.some((run) => isNoWorse(run, target)));
    for (const accuracy of ACCURACY)
      for (const { percentile, minShare, switchShare } of subject.tries) {
        // Skips further settings, because the runs so far already meet every condition.
        if (missing().length === 0 && ourRuns.some((run) => keepsP99(run, oracleRun))) continue;
        const minRatePerS = Number((minShare * load.ratePerS).toPrecision(3));
        const kind = { percentile, minRatePerS, accuracy, eta: etaOf(switchShare) };
        for (const share of BETA_SHARES) await attempt({ ...kind, beta: betaOf(share) });
        for (const target of missing())
          for (let i = 0; i < HALVINGS && missing().includes(target); i++) {
            const beta = between(ourRuns, kind, target);
            if (beta !== undefined) await attempt({ ...kind, beta });
          }
      }
    const found = judge(subject, rivalRuns, ourRuns, oracleRun);
    const drawn = new Set(Object.values(found));
    return {
      pipeline: profile.pipeline,
      workload: trace.name,
      scale: subject.scale,
      slaMs: request.slaMs,
      requests: load.arrivalsMs.length,
      rivals: rivalRuns,
      ours: ourRuns.map((one, i) => (drawn.has(i) ? one : { ...one, overTime: [] })),
      oracle: oracleRun,
      found,
    };
  };
}

/** Rounds to four digits, because thousands of intervals are stored and a chart needs no more. */
const rounded = (interval: Interval): Interval =>
  Object.fromEntries(
    Object.entries(interval).map(([key, value]) => [
      key,
      value === null ? null : Number(value.toPrecision(4)),
    ]),
  ) as Interval;

/** Whether a run is no worse than another in attainment, cost and PAS. */
const isNoWorse = (run: AdaptationRun, than: AdaptationRun): boolean =>
  run.slaAttainment >= than.slaAttainment && run.cost <= than.cost && run.pas >= than.pas - SAME_PAS;

/** Whether a run planned for p99 has an attainment of {@link KEPT}, or of the oracle's if that is lower. */
const keepsP99 = (run: AdaptationRun, oracleRun: AdaptationRun): boolean =>
  run.setting?.percentile === 99 && run.slaAttainment >= Math.min(KEPT, oracleRun.slaAttainment);

/**
 * The β halfway (geometric mean) between the two tried ones whose PAS is next above and next below a rival's. Undefined if
 * there are none, or if even the run with the lower PAS costs more or attains less than the rival.
 */
function between(
  ourRuns: readonly AdaptationRun[],
  kind: Omit<Setting, 'beta'>,
  target: AdaptationRun,
): number | undefined {
  const beta = (run: AdaptationRun) => run.setting!.beta;
  const tried = ourRuns
    .filter(
      ({ setting }) =>
        setting?.percentile === kind.percentile &&
        setting.minRatePerS === kind.minRatePerS &&
        setting.eta === kind.eta &&
        setting.accuracy === kind.accuracy,
    )
    .sort((a, b) => beta(a) - beta(b));
  const below = tried.findIndex((run) => run.pas < target.pas);
  // If the smallest β only just reaches the rival's PAS, no β gives more.
  if (below <= 0 || tried[0]!.pas <= target.pas + SAME_PAS) return undefined;
  const lower = tried[below]!;
  if (lower.cost > target.cost || lower.slaAttainment < target.slaAttainment) return undefined;
  return Number(Math.sqrt(beta(tried[below - 1]!) * beta(lower)).toPrecision(3));
}

/** For each condition, the index of our cheapest run that meets it. */
function judge(
  { profile, rivals: settings }: Subject,
  rivalRuns: readonly AdaptationRun[],
  ourRuns: readonly AdaptationRun[],
  oracleRun: AdaptationRun,
): Comparison['found'] {
  const named = (name: string) => rivalRuns.find(({ system }) => system === name)!;
  const cheapest = (fits: (run: AdaptationRun) => boolean): number | null => {
    const fitting = ourRuns.flatMap((run, i) => (fits(run) ? [i] : []));
    return fitting.length ? fitting.reduce((a, b) => (ourRuns[b]!.cost < ourRuns[a]!.cost ? b : a)) : null;
  };
  const ipa = named('ipa');
  const high = named('fa2-high');
  const costMax = high.cost * (isMostAccurate(profile, settings.fa2High) ? SAME_COST : 1);
  return {
    beatsIpa: cheapest((run) => isNoWorse(run, ipa)),
    beatsFa2High: cheapest((run) => run.pas >= high.pas - SAME_PAS && run.cost <= costMax),
    keepsP99: cheapest((run) => keepsP99(run, oracleRun)),
  };
}

const variantOf = (profile: Profile, stage: string, variant: string) =>
  profile.stages.find((s) => s.name === stage)!.variants.find((v) => v.name === variant)!;

const pasOf = (profile: Profile, variants: Readonly<Record<string, string>>): number =>
  Object.entries(variants).reduce(
    (product, [stage, variant]) => product * accuracyOf(variantOf(profile, stage, variant))!,
    1,
  );

const isMostAccurate = (profile: Profile, variants: Readonly<Record<string, string>>): boolean =>
  profile.stages.every(({ name, variants: all }) =>
    all.every((variant) => accuracyOf(variant)! <= accuracyOf(variantOf(profile, name, variants[name]!))!),
  );

/** Cores for one replica of each of FA2-high's variants, × the load's scale. */
const coresOf = ({ rivals: { fa2High, baseCores }, scale }: Subject): number =>
  scale * Object.entries(fa2High).reduce((sum, [stage, variant]) => sum + baseCores[stage]![variant]!, 0);
