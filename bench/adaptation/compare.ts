import { ipaEdgeSystem } from '../../solver/adapt/ipa-edge-system.ts';
import { oracle } from '../../solver/adapt/predictors/oracle.ts';
import type { Predictor } from '../../solver/adapt/predictors/predictor.ts';
import type { System } from '../../solver/adapt/system.ts';
import type { AdaptationRun, Comparison } from '../../solver/documents/adaptation-report.ts';
import { PERCENTILE_RANGE, type Plan, requiredAttainment } from '../../solver/documents/plan.ts';
import { accuracyOf, type Profile } from '../../solver/documents/profile.ts';
import type { Interval } from '../../solver/documents/run-report.ts';
import type { Trace } from '../../solver/documents/trace.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { getOrMake } from '../../solver/math/maps.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { simulateAdaptation } from '../../solver/simulate/adaptation.ts';
import { adaptationReport } from '../../solver/simulate/adaptation-report.ts';
import { traceLoad } from '../../workers/executor/load.ts';
import { Planner } from '../../workers/planner/planner.ts';
import { identify } from '../../workers/store/exchange.ts';
import type { Frozen, FrozenSetting } from './frozen.ts';
import type { Load } from './loads.ts';
import { rivals, type SystemName } from './rivals.ts';
import type { Subject } from './subjects.ts';

/** Systems whose attainment our system is asked for, too, where they attain less than the percentile. */
const MATCHED: readonly string[] = ['ipa', 'ipa-options'] satisfies SystemName[];

type Setting = NonNullable<AdaptationRun['setting']>;

const INTERVAL_MS = 10_000;
/** Time until a new replica serves, as in IPA's cluster. */
const START_MS = 8000;
const SEED = 1;

/** Runs the systems on one pipeline. Plans that were simulated under one load are reused under later ones. */
export class Comparer {
  readonly #plans = new Map<string, Promise<Plan>>();
  readonly #rivalRuns = new Map<Trace, AdaptationRun[]>();

  private constructor(
    private readonly subject: Subject,
    private readonly learned: Predictor,
    private readonly rivalSystems: readonly System[],
    private readonly planner: Planner,
  ) {}

  static async open(subject: Subject, learned: Predictor): Promise<Comparer> {
    const measured = await identify(subject.profile);
    const rivalSystems = rivals(await loadSolver(), measured, subject.rivals);
    return new Comparer(subject, learned, rivalSystems, await Planner.open(measured));
  }

  /**
   * Compares all systems under a load: ours with the frozen setting and each of its weights of cost. With the oracle as
   * predictor, our system runs only with the middle weight, so the report draws only that one of our runs over time.
   */
  async compare(load: Load, frozen: Frozen): Promise<Comparison> {
    const rivalRuns = await this.#rivals(load);
    const ours = await this.#ours(load, frozen);
    const { arrivalsMs } = this.#load(load);
    const middle = Math.floor(frozen.betaShares.length / 2);
    const setting = this.#setting(frozen, frozen.betaShares[middle]!);
    const oracleRun = await this.#run(load, this.#system(setting), oracle(arrivalsMs), setting);
    return {
      pipeline: this.subject.profile.pipeline,
      workload: load.name,
      training: load.training,
      scale: this.subject.scale,
      slaMs: this.subject.request.slaMs,
      requests: arrivalsMs.length,
      rivals: rivalRuns,
      ours: ours.map((one, i) => (i === middle ? one : { ...one, overTime: [] })),
      oracle: oracleRun,
    };
  }

  /**
   * Runs our system once more for each IPA that attains less than the percentile. It is asked for that IPA's attainment, with all
   * weights of cost. Its plans hold no standbys, because with standbys it would attain more.
   */
  async matched(
    load: Load,
    frozen: Frozen,
    { rivals }: Pick<Comparison, 'rivals'>,
  ): Promise<NonNullable<Comparison['matched']>> {
    const { downshift: _, ...request } = this.subject.request;
    const lower = rivals.filter(
      ({ system, slaAttainment }) =>
        MATCHED.includes(system) && slaAttainment < requiredAttainment(frozen.percentile),
    );
    const all: NonNullable<Comparison['matched']> = [];
    for (const { system, slaAttainment } of lower) {
      const percentile = Math.max(PERCENTILE_RANGE.least, 100 * slaAttainment);
      const ours = await this.#ours(load, { ...frozen, percentile }, request);
      all.push({ rival: system, ours: ours.map((one) => ({ ...one, overTime: [] })) });
    }
    return all;
  }

  /** Runs the published systems, with their own and with our options: once per load, because no setting of ours affects them. */
  async #rivals(trace: Trace): Promise<AdaptationRun[]> {
    const known = this.#rivalRuns.get(trace);
    if (known) return known;
    const runs: AdaptationRun[] = [];
    for (const system of this.rivalSystems) runs.push(await this.#run(trace, system, this.learned, null));
    this.#rivalRuns.set(trace, runs);
    return runs;
  }

  /** The runs of our system with one setting, one for each weight of cost. */
  async #ours(
    trace: Trace,
    { betaShares, ...frozen }: FrozenSetting & Pick<Frozen, 'betaShares'>,
    request = this.subject.request,
  ): Promise<AdaptationRun[]> {
    const runs: AdaptationRun[] = [];
    for (const share of betaShares) {
      const setting = this.#setting(frozen, share);
      runs.push(await this.#run(trace, this.#system(setting, request), this.learned, setting));
    }
    return runs;
  }

  #setting({ percentile, switchShare }: FrozenSetting, betaShare: number): Setting {
    const { profile, request, rivals: settings } = this.subject;
    const pas = pasOf(profile, settings.fa2High);
    return {
      percentile,
      minRatePerS: 0,
      accuracy: 'product',
      beta: Number(((betaShare * pas) / coresOf(this.subject)).toPrecision(3)),
      eta: (switchShare * pas * request.objective.horizonMs) / START_MS,
    };
  }

  #system({ percentile, minRatePerS, accuracy, beta, eta }: Setting, request = this.subject.request): System {
    const standing = {
      ...request,
      percentile,
      minRatePerS,
      objective: { ...request.objective, accuracy, beta, eta },
    };
    return ipaEdgeSystem(
      (asked) => this.#plan(asked),
      standing,
      () => START_MS,
    );
  }

  /**
   * The plan for a request. Loads ask for the same plans again and again, so each is made once. Each call returns an object of its
   * own, because a report adds up what ran under one object.
   */
  async #plan(asked: PlanRequest): Promise<Plan> {
    return { ...(await getOrMake(this.#plans, JSON.stringify(asked), async () => this.planner.plan(asked))) };
  }

  #load(trace: Trace) {
    return traceLoad(trace, this.subject.scale, SEED);
  }

  async #run(
    trace: Trace,
    system: System,
    predictor: Predictor,
    setting: Setting | null,
  ): Promise<AdaptationRun> {
    const { arrivalsMs, durationS } = this.#load(trace);
    const input = {
      profile: this.subject.profile,
      system,
      predictor,
      arrivalsMs,
      durationS,
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
      pas: result.accuracy.pas!,
      cost: result.cost.mean,
      switches: plans.length - 1,
      overTime: overTime.map(rounded),
    };
  }
}

/** Rounds to four digits, because thousands of intervals are stored and a chart needs no more. */
const rounded = (interval: Interval): Interval =>
  Object.fromEntries(
    Object.entries(interval).map(([key, value]) => [
      key,
      value === null ? null : Number(value.toPrecision(4)),
    ]),
  ) as Interval;

const variantOf = (profile: Profile, stage: string, variant: string) =>
  profile.stages.find((s) => s.name === stage)!.variants.find((v) => v.name === variant)!;

const pasOf = (profile: Profile, variants: Readonly<Record<string, string>>): number =>
  Object.entries(variants).reduce(
    (product, [stage, variant]) => product * accuracyOf(variantOf(profile, stage, variant))!,
    1,
  );

/** Cores for one replica of each of FA2-high's variants, × the load's scale. */
const coresOf = ({ rivals: { fa2High, baseCores }, scale }: Subject): number =>
  scale * Object.entries(fa2High).reduce((sum, [stage, variant]) => sum + baseCores[stage]![variant]!, 0);
