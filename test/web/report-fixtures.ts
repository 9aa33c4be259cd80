import type { Backend } from '../../solver/documents/common.ts';
import type { Plan, Prediction } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { type BenchReport, type Combination, parseReport } from '../../solver/documents/report.ts';
import type { RequestRecord, RunReport } from '../../solver/documents/run-report.ts';
import { profileFrontier } from '../../solver/frontier/profile-frontier.ts';
import { type Random, seededRandom } from '../../solver/math/random.ts';
import { planRequest } from '../../solver/plan/request.ts';
import { overTime } from '../../solver/report/over-time.ts';
import { requestResult } from '../../solver/report/run-result.ts';
import { CHOICES, device, FACTS, fashionProfile, hash, normal, pasOf, typicalMs } from './fixtures.ts';

/** A plausible report of a bench of the fashion pipeline on a software adapter, equal for equal seeds. */

const SLA_MS = 40;
const RATE_PER_S = 30;
const DURATION_S = 40;

type Choice = (typeof CHOICES)[number];

/** Lets a report be made once for each seed, because that takes long. Each caller gets a copy, which the caller may change. */
export function copiesOf<T>(make: (seed: number) => T): (seed?: number) => T {
  const made = new Map<number, T>();
  return (seed = 1) => {
    if (!made.has(seed)) made.set(seed, make(seed));
    return structuredClone(made.get(seed)!);
  };
}

/** Returns the share of the time that a choice keeps its worker busy at the fixture's rate. */
const loadOf = (choice: Choice, backend: Backend) =>
  (RATE_PER_S / 1000) *
  (typicalMs(FACTS.detect![choice.detect]!, backend, 2) / 2 +
    (3 * typicalMs(FACTS.classify![choice.classify]!, backend, 4)) / 4);

function planOf(choice: Choice, backends: Backend[], profile: Profile, predicted: Prediction): Plan {
  const backend = backends.at(-1)!;
  const threads = 1;
  const stage = (name: 'detect' | 'classify', batch: number, fanOut: number) => {
    const facts = FACTS[name]![choice[name]]!;
    const serviceMs = [1, 2, 4, 8]
      .filter((b) => b <= batch)
      .map((items) => ({ items, meanMs: typicalMs(facts, backend, items) }));
    return {
      name,
      variant: choice[name],
      sha256: hash(choice[name]),
      backend,
      threads,
      batch,
      maxWaitMs: (1000 * (batch - 1)) / (RATE_PER_S * fanOut) / 4,
      replicas: name === 'classify' && backend === 'wasm' ? 2 : 1,
      accuracy: facts.accuracy,
      itemsPerS: RATE_PER_S * fanOut,
      boundMs: serviceMs.at(-1)!.meanMs * 1.15 + (1000 * (batch - 1)) / (RATE_PER_S * fanOut) / 4,
      gpuShare: backend === 'webgpu' ? 0.3 : 0,
      cost: backend === 'webgpu' ? 2.4 : 1,
      serviceMs,
    };
  };
  return {
    schema: 'ipa-edge/plan@1',
    createdAt: '2026-11-20T09:33:00Z',
    pipeline: 'fashion',
    profile: { sha256: hash('profile'), device: profile.device },
    slaMs: SLA_MS,
    percentile: 95,
    ratePerS: RATE_PER_S,
    objective: { alpha: 1, beta: 0.001, delta: 1e-6, eta: 1, horizonMs: 20_000, accuracy: 'product' },
    resources: { cores: 8, gpus: 1, pricePerCore: 1, pricePerGpu: 8, utilisationMax: 0.8 },
    stages: [stage('detect', 2, 1), stage('classify', 4, 3)],
    workers: [
      { id: 'detect-1', backend, threads, stages: ['detect'] },
      { id: 'classify-1', backend, threads, stages: ['classify'] },
    ],
    shedding: 'late',
    certificate: 'optimal: objective 0.8416, bound 0.8416, 214 nodes',
    predicted,
  };
}

function requestsOf(random: Random, load: number): RequestRecord[] {
  const requests: RequestRecord[] = [];
  for (let i = 0; i < RATE_PER_S * DURATION_S; i++) {
    const arrivalMs = (i + random()) * (1000 / RATE_PER_S);
    const queue = load < 0.8 ? 0 : Math.min(60, (load - 0.8) * arrivalMs * 0.004);
    const latencyMs = (6 + 22 * load + queue) * Math.exp(0.22 * normal(random));
    const outcome =
      random() < 0.003 ? 'failed' : latencyMs > SLA_MS * 1.15 && random() < 0.7 ? 'shed' : 'completed';
    requests.push({ arrivalMs, latencyMs: outcome === 'completed' ? latencyMs : null, outcome });
  }
  return requests;
}

function runOf(
  random: Random,
  name: string,
  choice: Choice,
  backends: Backend[],
  profile: Profile,
): RunReport {
  const load = loadOf(choice, backends.at(-1)!);
  const requests = requestsOf(random, load);
  const sent = requests.length;
  const result = requestResult(requests, SLA_MS, DURATION_S);
  const { p50, p95, p99, max } = result.latencyMs;
  const slaAttainment = result.slaAttainment!;
  const pas = pasOf(choice);
  const predicted: Prediction = {
    boundMs: 36.2,
    latencyMs: { p50: p50! * 0.94, p95: p95! * 0.97, p99: p99! * 0.9, max: max! * 0.9 },
    slaAttainment: Math.min(1, slaAttainment * 1.01),
    shedShare: (result.shed / sent) * 0.9,
    goodputPerS: result.goodputPerS * 1.01,
    pas,
    endToEnd: pas - 0.014,
    cost: 1 + 2.3 * load,
    n: 5000,
    tightened: 1,
  };
  return {
    schema: 'ipa-edge/report@1',
    kind: 'run',
    name,
    simulated: false,
    createdAt: '2026-11-20T09:34:00Z',
    pipeline: 'fashion',
    device: profile.device,
    seed: 1,
    backends,
    slaMs: SLA_MS,
    percentile: 95,
    load: {
      kind: 'constant-rate',
      ratePerS: RATE_PER_S,
      durationS: DURATION_S,
      requests: sent,
      latenessP99Ms: 0.4,
      valid: true,
    },
    result: {
      ...result,
      accuracy: { endToEnd: pas - 0.018, metric: 'F1 with class', pas, n: 900 },
      cost: { mean: 1 + 2.3 * load, max: 1 + 2.3 * load },
    },
    predicted,
    resimulated: { p95, slaAttainment },
    plans: [{ atMs: 0, plan: planOf(choice, backends, profile, predicted) }],
    adaptation: null,
    overTime: overTime(
      requests,
      { cost: [{ atMs: 0, value: 1 + 2.3 * load }], pas: [{ atMs: 0, value: pas }] },
      SLA_MS,
      DURATION_S,
    ),
    requests,
    service: [
      {
        stage: 'detect',
        variant: choice.detect,
        backend: backends.at(-1)!,
        items: 2,
        samplesMs: [4.2, 4.4, 4.1],
      },
    ],
    events:
      name === 'heaviest'
        ? [{ atMs: 12_300, what: 'worker classify-2 was lost (exit code 9) and replaced' }]
        : [],
  };
}

function combinationsOf(random: Random, backends: Backend[]): Combination[] {
  return CHOICES.map((variants) => {
    const load = loadOf(variants, backends.at(-1)!);
    const feasible = load < 0.8;
    return {
      backends,
      variants,
      pas: pasOf(variants),
      endToEnd: pasOf(variants) - 0.02 + 0.01 * random(),
      endToEndOnPack: pasOf(variants) - 0.015,
      feasible,
      binding: feasible
        ? null
        : `detect and classify need ${(load * 100).toFixed(0)} % of a core, 80 % may be used`,
      batches: { detect: 2, classify: 4 },
      boundMs: 8 + 30 * load,
      p95Ms: load < 1 ? 7 + 28 * load : null,
      slaAttainment: Math.max(0, Math.min(1, feasible ? 0.998 - 0.02 * load : 1.7 - load)),
      cost: 1 + 2.3 * load,
      gpuShare: backends.includes('webgpu') ? Math.min(1, load) : 0,
    };
  });
}

export const fashionReport = copiesOf((seed): BenchReport => {
  const random = seededRandom(seed);
  const profile = fashionProfile(seed);
  const sets: Backend[][] = [['webgpu', 'wasm'], ['webgpu']];
  const perSet = sets.map((backends) => {
    const combinations = combinationsOf(random, backends);
    const best = combinations.filter((c) => c.feasible).sort((a, b) => b.pas! - a.pas!)[0]!;
    const runs = (
      [
        ['plan', best.variants as Choice],
        ['heaviest', { detect: 'det16', classify: 'res32' }],
        ['lightest', { detect: 'det4', classify: 'linear' }],
      ] as const
    ).map(([name, choice]) => runOf(random, name, choice, backends, profile));
    // At twice the rate the most accurate choice needs a second core, so that the frontier has a line on wasm, too.
    const asked = planRequest(profile, { slaMs: SLA_MS, ratePerS: 2 * RATE_PER_S, backends });
    return { runs, combinations, frontier: profileFrontier(profile, asked) };
  });
  return parseReport(
    {
      schema: 'ipa-edge/report@1',
      kind: 'bench',
      createdAt: '2026-11-20T09:40:00Z',
      pipeline: 'fashion',
      device,
      seed,
      runs: perSet.flatMap((set) => set.runs),
      combinations: perSet.flatMap((set) => set.combinations),
      frontier: perSet.flatMap((set) => set.frontier),
      profile,
    },
    'fixture',
  ) as BenchReport;
});
