import type { MeasuredCell } from '../../solver/documents/cell.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Objective, Plan, Resources } from '../../solver/documents/plan.ts';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { summaryOf } from '../../solver/math/statistics.ts';
import type { PlanRequest } from '../../solver/plan/request.ts';
import { Planner } from '../../workers/planner/planner.ts';
import { identify } from '../../workers/store/exchange.ts';

export const SHA = 'a'.repeat(64);

/** A measured cell: handling takes 1 ms of each run, inference the rest. */
export function cell(
  stage: string,
  variant: string,
  backend: Backend,
  batch: number,
  wholeMs: readonly number[],
  more: Partial<MeasuredCell> = {},
): MeasuredCell {
  return {
    stage,
    variant,
    backend,
    threads: 1,
    batch,
    state: 'measured',
    cold: { loadMs: 100, createMs: 300, firstRunMs: 600 },
    warmupRuns: 3,
    inferenceMs: wholeMs.map((ms) => ms - 1),
    handlingMs: wholeMs.map(() => 1),
    latencyMs: summaryOf(wholeMs),
    outputs: { maxAbsError: 0, agree: true },
    flags: [],
    ...more,
  };
}

/** 20 runs: 18 of `ms`, then two of twice that, so that the mean is 1.1 · ms and p95 is 2 · ms. */
export const runs = (ms: number): number[] => Array.from({ length: 20 }, (_, i) => (i < 18 ? ms : 2 * ms));

const variant = (name: string, published: number, measured?: number) => ({
  name,
  sha256: SHA,
  sizeBytes: 1_000_000,
  accuracy: { published, measured: measured === undefined ? null : { value: measured, n: 100 } },
});

/** Two stages, `detect` (s, m) and `classify` (s, l); s of the first finds 2 items on average, m 3. */
export function profile(cells: Profile['cells'], more: Partial<Profile> = {}): Profile {
  return parseProfile(
    {
      schema: 'ipa-edge/profile@1',
      createdAt: '2026-01-01T00:00:00Z',
      pipeline: 'test',
      device: {
        environment: 'node',
        agent: 'Node 20',
        platform: 'linux',
        logicalCores: 8,
        adapter: null,
        ortVersion: '1',
        ortBuild: 'node',
        crossOriginIsolated: false,
        timerGrainMs: 0,
      },
      settings: { seed: 1, budgetS: 60, batches: [1, 2, 4], slaMs: null },
      stages: [
        {
          name: 'detect',
          task: 'detect',
          metric: 'f1',
          variants: [variant('s', 0.6, 0.5), variant('m', 0.8)],
        },
        {
          name: 'classify',
          task: 'classify',
          metric: 'top1',
          variants: [variant('s', 0.7), variant('l', 0.9)],
        },
      ],
      cells,
      fanOut: [
        { stage: 'detect', upstream: {}, counts: [1, 1, 1, 1] },
        { stage: 'classify', upstream: { detect: 's' }, counts: [0, 1, 1, 6] },
        { stage: 'classify', upstream: { detect: 'm' }, counts: [2, 3, 3, 4] },
      ],
      endToEnd: [],
      coRun: [],
      ...more,
    },
    'test',
  );
}

const OBJECTIVE: Objective = {
  alpha: 1,
  beta: 0.001,
  delta: 1e-6,
  eta: 1,
  horizonMs: 20_000,
  accuracy: 'product',
};
const RESOURCES: Resources = { cores: 8, gpus: 1, pricePerCore: 1, pricePerGpu: 8, utilisationMax: 0.8 };

export const request = (more: Partial<PlanRequest> = {}): PlanRequest => ({
  ratePerS: 10,
  slaMs: 500,
  percentile: 95,
  objective: OBJECTIVE,
  resources: RESOURCES,
  ...more,
});
export const resources = (more: Partial<Resources>): Resources => ({ ...RESOURCES, ...more });

export type PlanAt = (request: PlanRequest) => Promise<Plan>;

/** Returns a function that plans on a profile, as systems ask for plans. */
export async function planOn(profile: Profile): Promise<PlanAt> {
  const planner = await Planner.open(await identify(profile));
  return async (asked) => planner.plan(asked);
}
