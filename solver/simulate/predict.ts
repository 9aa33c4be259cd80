import { policyOf, workersOf } from '../dispatch/plan.ts';
import type { Plan, PlanStage, Prediction } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import { seededRandom } from '../math/random.ts';
import { requestOutcomes } from '../report/run-result.ts';
import { constantRate } from './arrivals.ts';
import { drawPackItems, packItemCounts } from './fanout.ts';
import { serviceFromProfile } from './service.ts';
import { simulate } from './simulate.ts';

/** The fields of a plan that its prediction depends on. */
export type PredictedPlan = Pick<Plan, 'slaMs' | 'ratePerS' | 'shedding' | 'servingMs' | 'workers'> & {
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
  'latencyMs' | 'slaAttainment' | 'shedShare' | 'goodputPerS' | 'n'
>;

/**
 * Predicts a plan's latency and attainment at its rate, by simulating `n` requests (at least one) with the profile's samples. No
 * downshift is simulated: a plan must keep its SLA with its own variants.
 * @param options.slower each batch takes so many times as long as measured; by default as long
 * @throws UnmeasuredStageError, UnmeasuredFanOutError
 */
export function predict(
  plan: PredictedPlan,
  profile: Pick<Profile, 'cells' | 'fanOut' | 'paths' | 'coRun' | 'serving'>,
  { n, seed, slower = 1 }: { readonly n: number; readonly seed: number; readonly slower?: number },
): SimulatedPrediction {
  const { packSize, ...flow } = packItemCounts(profile, plan.stages);
  const random = seededRandom(seed);
  const nextSeed = () => Math.floor(random() * 2 ** 32);
  const service = serviceFromProfile(profile, plan.stages);
  const { requests } = simulate({
    policy: { ...policyOf(plan), downshift: false },
    workers: workersOf(plan),
    arrivalsMs: constantRate(plan.ratePerS, n / plan.ratePerS, nextSeed()),
    packItems: drawPackItems(n, packSize, nextSeed()),
    ...flow,
    service: { ...service, sampleMs: (...batch) => slower * service.sampleMs(...batch) },
    seed: nextSeed(),
  });
  const { latencyMs, slaAttainment, shed, goodputPerS } = requestOutcomes(
    requests,
    plan.slaMs,
    n / plan.ratePerS,
  );
  return { latencyMs, slaAttainment: slaAttainment!, shedShare: shed / n, goodputPerS, n };
}
