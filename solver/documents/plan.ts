import { z } from 'zod';
import {
  accuracy,
  backend,
  count,
  device,
  expectDistinct,
  isoDate,
  milliseconds,
  name,
  positiveCount,
  sha256,
} from './common.ts';
import { parseDocument } from './document.ts';

export const PLAN = 'ipa-edge/plan@1';

/** How the accuracies of the stages make one score. `product` is PAS. */
export const accuracyMethod = z.enum(['product', 'sum', 'mean', 'rank-sum', 'rank-product']);
export type AccuracyMethod = z.infer<typeof accuracyMethod>;

/** maximise α · accuracy − β · cost − δ · Σ batch − η · Σ switchMs / horizonMs */
export const objective = z.strictObject({
  alpha: z.number().nonnegative(),
  beta: z.number().nonnegative(),
  delta: z.number().nonnegative(),
  eta: z.number().nonnegative(),
  horizonMs: z.number().positive(),
  accuracy: accuracyMethod,
});
export type Objective = z.infer<typeof objective>;

export const resources = z.strictObject({
  cores: z.number().nonnegative(),
  gpus: z.number().nonnegative(),
  pricePerCore: z.number().nonnegative(),
  pricePerGpu: z.number().nonnegative(),
  /** ρ, the highest utilisation that is planned with; over 1 where so many may miss the SLA that not all need be served. */
  utilisationMax: z.number().positive().max(2),
  memoryBytes: positiveCount.optional(),
});
export type Resources = z.infer<typeof resources>;

export const planStage = z.strictObject({
  name,
  variant: name,
  sha256,
  backend,
  threads: positiveCount,
  batch: positiveCount,
  /** The oldest item of a batch waits at most this long for the others. */
  maxWaitMs: milliseconds,
  replicas: positiveCount,
  accuracy,
  /** Items of this stage per second. */
  itemsPerS: z.number().nonnegative(),
  /** T, the stage's part of the latency bound. */
  boundMs: milliseconds,
  gpuShare: z.number().nonnegative(),
  cost: z.number().nonnegative(),
  /** Expected time of a whole batch by its size, for slack and shedding; sizes rise. */
  serviceMs: z.array(z.strictObject({ items: positiveCount, meanMs: milliseconds })).min(1),
});
export type PlanStage = z.infer<typeof planStage>;

/** One ONNX Runtime: runs one batch at a time, of any stage it holds. */
export const planWorker = z.strictObject({
  id: name,
  backend,
  threads: positiveCount,
  stages: z.array(name).min(1),
});
export type PlanWorker = z.infer<typeof planWorker>;

export const prediction = z.strictObject({
  /** Σ T over the stages. */
  boundMs: milliseconds,
  /** By simulation: of the requests that complete. Null where none does. */
  latencyMs: z
    .strictObject({ p50: milliseconds, p95: milliseconds, p99: milliseconds, max: milliseconds })
    .nullable(),
  slaAttainment: z.number().min(0).max(1),
  shedShare: z.number().min(0).max(1),
  goodputPerS: z.number().nonnegative(),
  pas: accuracy,
  /** Measured on the pack with these variants; null where it was not. */
  endToEnd: accuracy.nullable(),
  cost: z.number().nonnegative(),
  /** Requests simulated. */
  n: positiveCount,
  /** How often the planner tightened because the simulation missed the SLA. */
  tightened: count,
});
export type Prediction = z.infer<typeof prediction>;

export const planSchema = z
  .strictObject({
    schema: z.literal(PLAN),
    createdAt: isoDate,
    pipeline: name,
    profile: z.strictObject({ sha256, device }),
    slaMs: z.number().positive(),
    percentile: z.number().min(50).max(99.9),
    ratePerS: z.number().positive(),
    objective,
    resources,
    stages: z.array(planStage).min(1).max(32),
    workers: z.array(planWorker).min(1),
    /** `late`: a request that cannot make the SLA any more is shed. */
    shedding: z.enum(['late', 'never']),
    /** One line: the solver's status, the objective and the bound that proves it. */
    certificate: z.string().max(400),
    predicted: prediction,
  })
  .superRefine((plan, context) => {
    const names = plan.stages.map((stage) => stage.name);
    expectDistinct(context, names, (i) => ['stages', i, 'name'], 'stage names');
    names.forEach((stage) => {
      if (!plan.workers.some((worker) => worker.stages.includes(stage)))
        context.addIssue({
          code: 'custom',
          path: ['workers'],
          message: `expected a worker that holds stage ${stage}`,
        });
    });
    plan.workers.forEach((worker, i) => {
      for (const stage of worker.stages)
        if (!names.includes(stage))
          context.addIssue({
            code: 'custom',
            path: ['workers', i, 'stages'],
            message: 'expected stages of this plan',
          });
    });
  });
export type Plan = z.infer<typeof planSchema>;

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parsePlan = (value: unknown, source: string): Plan =>
  parseDocument(planSchema, value, source, PLAN);
