import { type Manifest, sha256Of } from '../../solver/documents/manifest.ts';
import { PLAN, type Plan } from '../../solver/documents/plan.ts';
import { DEFAULT_OBJECTIVE } from '../../solver/plan/request.ts';

/** An SLA that no request misses, in ms. */
const SLA_MS = 3_600_000;
/** A batch size so large that all items of a request in a stage run as one batch. */
const BATCH = 64;

/** A plan in which one worker runs all stages, to measure the server around a worker that takes no time. */
export const probePlan = ({ name, stages }: Manifest): Plan => ({
  schema: PLAN,
  createdAt: new Date(0).toISOString(),
  pipeline: name,
  profile: {
    sha256: '0'.repeat(64),
    device: {
      environment: 'node',
      agent: '',
      platform: '',
      logicalCores: 1,
      adapter: null,
      ortVersion: '',
      ortBuild: 'node',
      crossOriginIsolated: false,
      timerGrainMs: 0,
    },
  },
  slaMs: SLA_MS,
  percentile: 95,
  ratePerS: 1,
  objective: DEFAULT_OBJECTIVE,
  resources: { cores: 1, gpus: 0, pricePerCore: 1, pricePerGpu: 1, utilisationMax: 1 },
  stages: stages.map((stage) => ({
    name: stage.name,
    variant: stage.variants[0]!.name,
    sha256: sha256Of(stage.variants[0]!),
    backend: 'cpu',
    threads: 1,
    batch: BATCH,
    maxWaitMs: 0,
    replicas: 1,
    accuracy: 1,
    itemsPerS: 1,
    boundMs: 1,
    gpuShare: 0,
    cost: 1,
    serviceMs: [{ items: 1, meanMs: 1 }],
  })),
  workers: [{ id: 'probe', backend: 'cpu', threads: 1, stages: stages.map((stage) => stage.name) }],
  shedding: 'never',
  certificate: 'none: nothing was chosen',
  predicted: {
    boundMs: 1,
    latencyMs: null,
    slaAttainment: 1,
    shedShare: 0,
    goodputPerS: 1,
    pas: 1,
    endToEnd: null,
    cost: 1,
    n: 1,
    tightened: 0,
  },
});
