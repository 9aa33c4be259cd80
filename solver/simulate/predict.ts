import { policyOf, timesOf, workersOf } from '../dispatch/plan.ts';
import { rowsByIndex } from '../dispatch/rows.ts';
import type { Plan, PlanStage, Prediction } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import { seededRandom } from '../math/random.ts';
import { requestOutcomes } from '../report/run-result.ts';
import { constantRate } from './arrivals.ts';
import { drawPackItems, packItemCounts } from './fanout.ts';
import { serviceFromProfile } from './service.ts';
import { type SimulatedBatch, Simulation, type SimulationInput, simulate } from './simulate.ts';

/** A simulation that may end early divides its time into this many equal parts, and checks after each part whether to end. */
const PARTS = 50;

/** The fields of a plan that its prediction depends on. */
export type PredictedPlan = Pick<
  Plan,
  'slaMs' | 'ratePerS' | 'shedding' | 'servingMs' | 'body' | 'workers'
> & {
  readonly stages: readonly Pick<
    PlanStage,
    | 'name'
    | 'variant'
    | 'backend'
    | 'threads'
    | 'batch'
    | 'maxWaitMs'
    | 'serviceMs'
    | 'escalation'
    | 'standby'
  >[];
};

export type SimulatedPrediction = Pick<
  Prediction,
  'latencyMs' | 'slaAttainment' | 'shedShare' | 'goodputPerS' | 'batchTimeFactor' | 'n'
>;

type PredictedProfile = Pick<Profile, 'cells' | 'fanOut' | 'paths' | 'coRun' | 'serving' | 'batchPauses'>;

interface PredictionOptions {
  /** Number of requests; at least one. */
  readonly n: number;
  readonly seed: number;
  /** Each batch takes this many times as long as measured; 1 if absent. */
  readonly slower?: number;
}

/**
 * Predicts a plan's latency and attainment at its rate, by simulating requests with the profile's samples. No downshift is
 * simulated: a plan must keep its SLA with its own variants.
 * @throws UnmeasuredStageError, UnmeasuredFanOutError
 */
export function predict(
  plan: PredictedPlan,
  profile: PredictedProfile,
  options: PredictionOptions,
): SimulatedPrediction {
  const { n } = options;
  const { requests, batches } = simulate(inputOf(plan, profile, options));
  const { latencyMs, slaAttainment, shed, goodputPerS } = requestOutcomes(
    requests,
    plan.slaMs,
    n / plan.ratePerS,
  );
  const batchTimeFactor = timeFactor(plan, batches);
  return {
    latencyMs,
    slaAttainment: slaAttainment!,
    shedShare: shed / n,
    goodputPerS,
    n,
    ...(batchTimeFactor !== undefined && { batchTimeFactor }),
  };
}

/**
 * The attainment that {@link predict} predicts; undefined if it is below `least`. The simulation ends early once so many requests
 * have missed the SLA that the rest cannot make up `least`.
 * @throws UnmeasuredStageError, UnmeasuredFanOutError
 */
export function attainmentAtLeast(
  least: number,
  plan: PredictedPlan,
  profile: PredictedProfile,
  options: PredictionOptions,
): number | undefined {
  const { n } = options;
  const simulation = new Simulation(inputOf(plan, profile, options));
  for (let part = 1; part < PARTS; part++) {
    simulation.runUntil(((n / plan.ratePerS) * 1000 * part) / PARTS);
    if ((n - simulation.missed(plan.slaMs)) / n < least) return undefined;
  }
  const { slaAttainment } = requestOutcomes(simulation.finish().requests, plan.slaMs, n / plan.ratePerS);
  return slaAttainment! < least ? undefined : slaAttainment!;
}

/**
 * Total time of simulated batches ÷ the total time that the rows' `serviceMs` predict for them. Undefined without batches, and if
 * one of the times is 0 or almost 0, which a coarse clock may measure.
 */
function timeFactor({ stages }: PredictedPlan, batches: readonly SimulatedBatch[]): number | undefined {
  const timesMs = rowsByIndex(stages).map((row) => row && timesOf(row.serviceMs));
  let [tookMs, expectedMs] = [0, 0];
  for (const { row, items, ms } of batches) {
    tookMs += ms;
    expectedMs += timesMs[row]!(items);
  }
  const factor = tookMs / expectedMs;
  return factor > 0 && Number.isFinite(factor) ? factor : undefined;
}

function inputOf(
  plan: PredictedPlan,
  profile: PredictedProfile,
  { n, seed, slower = 1 }: PredictionOptions,
): SimulationInput {
  const { packSize, ...flow } = packItemCounts(profile, plan.stages);
  const random = seededRandom(seed);
  const nextSeed = () => Math.floor(random() * 2 ** 32);
  const service = serviceFromProfile(profile, plan.stages, plan.body);
  return {
    policy: { ...policyOf(plan), downshift: false },
    workers: workersOf(plan),
    arrivalsMs: constantRate(plan.ratePerS, n / plan.ratePerS, nextSeed()),
    packItems: drawPackItems(n, packSize, nextSeed()),
    ...flow,
    service: { ...service, sampleMs: (...batch) => slower * service.sampleMs(...batch) },
    seed: nextSeed(),
  };
}
