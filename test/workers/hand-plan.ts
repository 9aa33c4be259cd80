import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { sha256Of } from '../../solver/documents/manifest.ts';
import { PLAN, type Plan, type PlanStage } from '../../solver/documents/plan.ts';
import { DEFAULT_OBJECTIVE } from '../../solver/plan/request.ts';

export interface HandPlan {
  readonly backend: Backend;
  /** One variant for each stage. */
  readonly variants?: readonly string[];
  /** Makes the last stage a cascade: its heavy variant, in the row `<stage>-heavy`, and the threshold. */
  readonly cascade?: { readonly heavy: string; readonly below: number };
  /** Lets the plan downshift. `standby` is the last stage's, `ms` the expected time of a batch of it or of any light variant. */
  readonly downshift?: { readonly standby?: string; readonly ms: number };
  readonly batch?: number;
  readonly maxWaitMs?: number;
  readonly slaMs?: number;
  /** Expected time of a batch, whatever its size. */
  readonly batchMs?: number;
  readonly shedding?: Plan['shedding'];
  /** Workers, by the stages that each holds. */
  readonly workers: readonly (readonly string[])[];
}

/** Makes a plan without the planner: its costs, bounds and predictions are made up. */
export function handPlan({ manifest }: LoadedManifest, hand: HandPlan): Plan {
  const {
    backend,
    variants = ['det4', 'mlp64'],
    batch = 4,
    maxWaitMs = 5,
    slaMs = 60_000,
    batchMs = 1,
    shedding = 'never',
  } = hand;
  const takes = (meanMs: number): PlanStage['serviceMs'] =>
    [...new Set([1, batch])].map((items) => ({ items, meanMs }));
  const rowOf = (name: string, variant: string, escalation?: PlanStage['escalation']): PlanStage => {
    const stage = manifest.stages.find((one) => one.name === (escalation?.from ?? name))!;
    return {
      name,
      variant,
      sha256: sha256Of(stage.variants.find((v) => v.name === variant)!),
      backend,
      threads: 1,
      batch,
      maxWaitMs,
      replicas: hand.workers.filter((stages) => stages.includes(name)).length,
      accuracy: 0.9,
      itemsPerS: 50,
      boundMs: 10,
      gpuShare: 0,
      cost: 1,
      serviceMs: takes(batchMs),
      ...(escalation && { escalation }),
    };
  };
  const stages = manifest.stages.map(({ name }, s) => rowOf(name, variants[s]!));
  if (hand.cascade) {
    const { heavy, below } = hand.cascade;
    const { name } = stages.at(-1)!;
    stages.push(rowOf(`${name}-heavy`, heavy, { from: name, below, share: 0.3, accuracy: 0.9 }));
  }
  if (hand.downshift) {
    const { standby, ms } = hand.downshift;
    const serviceMs = takes(ms);
    const last = stages.findLast(({ escalation }) => !escalation)!;
    for (const row of stages) if (!row.escalation && !(standby && row === last)) row.serviceMs = serviceMs;
    if (standby) {
      const { variant, sha256, accuracy } = rowOf(last.name, standby);
      last.standby = { variant, sha256, accuracy: accuracy!, serviceMs };
    }
  }
  return {
    schema: PLAN,
    createdAt: new Date(0).toISOString(),
    pipeline: manifest.name,
    profile: {
      sha256: '0'.repeat(64),
      device: {
        environment: 'node',
        agent: 'none',
        platform: 'none',
        logicalCores: 2,
        adapter: null,
        ortVersion: '0',
        ortBuild: 'node',
        crossOriginIsolated: false,
        timerGrainMs: 0,
      },
    },
    slaMs,
    percentile: 95,
    ratePerS: 50,
    objective: DEFAULT_OBJECTIVE,
    resources: {
      cores: Math.max(2, hand.workers.length),
      gpus: 1,
      pricePerCore: 1,
      pricePerGpu: 8,
      utilisationMax: 0.8,
    },
    stages,
    workers: hand.workers.map((stages, i) => ({
      id: `worker-${i}`,
      backend,
      threads: 1,
      stages: [...stages],
    })),
    shedding,
    ...(hand.downshift && { downshift: true }),
    certificate: 'made by hand',
    predicted: {
      boundMs: 20,
      latencyMs: null,
      slaAttainment: 1,
      shedShare: 0,
      goodputPerS: 50,
      pas: 0.8,
      endToEnd: null,
      cost: 2,
      n: 1,
      tightened: 0,
    },
  };
}
