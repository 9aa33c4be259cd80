import { z } from 'zod';
import { canonicalJson } from './canonical.ts';
import {
  accuracy,
  backend,
  count,
  device,
  expectDistinct,
  expectThat,
  isoDate,
  milliseconds,
  name,
  onGpu,
  positiveCount,
  sha256,
} from './common.ts';
import { parseDocument } from './document.ts';
import { serviceFactors } from './serving.ts';

export const PLAN = 'ipa-edge/plan@1';

/** The highest rate that a plan can be for, in requests/s: far beyond what any device answers. */
export const RATE_PER_S_MAX = 1e9;

/**
 * How the objective combines the stages' accuracies into one. `product` is PAS; the `rank-` methods combine ranks, as IPA does.
 */
export const accuracyMethod = z.enum(['product', 'sum', 'mean', 'rank-sum', 'rank-product']);
export type AccuracyMethod = z.infer<typeof accuracyMethod>;

/** Larger weights are refused, because the term of one would hide the objective's other terms behind a double's rounding. */
const weight = z.number().nonnegative().max(1e12);

/** Weights of the objective, which is maximised: α · accuracy − β · cost − δ · Σ batch − η · Σ switchMs / horizonMs. */
export const objective = z.strictObject({
  alpha: weight,
  beta: weight,
  delta: weight,
  eta: weight,
  horizonMs: z.number().positive(),
  accuracy: accuracyMethod,
});
export type Objective = z.infer<typeof objective>;

/** More cores must be a mistake: a plan may have a worker for each, and each worker is a process or a pod. */
export const CORES_MAX = 10_000;

const resources = z.strictObject({
  cores: z.number().nonnegative().max(CORES_MAX),
  gpus: z.number().nonnegative(),
  pricePerCore: weight,
  pricePerGpu: weight,
  /** ρ: the highest utilisation that the planner allows. Above 1 the plan may miss or shed some requests. */
  utilisationMax: z.number().positive().max(2),
  memoryBytes: positiveCount.optional(),
});
export type Resources = z.infer<typeof resources>;

/** The longest wait that JavaScript's timers support. */
export const WAIT_MS_MAX = 2 ** 31 - 1;

/**
 * Makes a row of a plan the heavy variant of a cascade. The row answers an item again if the row before answered it with a
 * confidence under `below`.
 */
const escalation = z.strictObject({
  /** The cascade's stage: the name of the row before. */
  from: name,
  below: z.number().positive().max(1),
  /** Expected share of the stage's items that escalate to this row. */
  share: z.number().min(0).max(1),
  /** Accuracy of the stage with both variants, as the plan assumes it. */
  accuracy,
});

/** Mean round-trip times of a batch by its number of items, rising. */
const serviceMs = z.array(z.strictObject({ items: positiveCount, meanMs: milliseconds })).min(1);

/** A lighter variant whose session each worker of a row holds too, on the same backend and threads, to run batches in a burst. */
const standby = z.strictObject({ variant: name, sha256, accuracy, serviceMs });
export type Standby = z.infer<typeof standby>;

/**
 * A row of a plan: one variant of a stage. A stage has one row or, if it is a cascade, two: the light variant's, then the heavy
 * one's.
 */
export const planStage = z.strictObject({
  /** The stage's name; in the row of a cascade's heavy variant, a name of its own. */
  name,
  variant: name,
  sha256,
  backend,
  threads: positiveCount,
  batch: positiveCount,
  /** The longest time that the oldest item of a batch waits for others. */
  maxWaitMs: milliseconds.max(WAIT_MS_MAX),
  replicas: positiveCount.max(CORES_MAX),
  /** Accuracy of the variant; null if no variant has a known accuracy. */
  accuracy: accuracy.nullable(),
  /** Items that reach the row per second, at the plan's rate. */
  itemsPerS: z.number().nonnegative(),
  /** T, the row's part of the latency bound. In the first stage it includes a request's time outside queues and models. */
  boundMs: milliseconds,
  gpuShare: z.number().nonnegative(),
  cost: z.number().nonnegative(),
  /** Expected times of batches, from which the dispatch computes when a batch must start and when a request is late. */
  serviceMs,
  escalation: escalation.optional(),
  standby: standby.optional(),
});
export type PlanStage = z.infer<typeof planStage>;

/** The name of the pipeline's stage that a row belongs to. */
export const stageNameOf = ({ name, escalation }: Pick<PlanStage, 'name' | 'escalation'>): string =>
  escalation?.from ?? name;

/** Returns one row of a plan for each stage. A cascade has a second row, for the heavy variant, which is left out. */
export const stageRows = <R extends Pick<PlanStage, 'escalation'>>(rows: readonly R[]): R[] =>
  rows.filter(({ escalation }) => !escalation);

/** A worker of a plan. It runs one batch at a time, of any row that `stages` names. */
export const planWorker = z.strictObject({
  id: name,
  backend,
  threads: positiveCount,
  stages: z.array(name).min(1),
});
export type PlanWorker = z.infer<typeof planWorker>;

export const prediction = z.strictObject({
  /** Latency bound of the whole pipeline: Σ T over the stages. */
  boundMs: milliseconds,
  /** Latency of the simulated requests that completed; null if none did. */
  latencyMs: z
    .strictObject({ p50: milliseconds, p95: milliseconds, p99: milliseconds, max: milliseconds })
    .nullable(),
  slaAttainment: z.number().min(0).max(1),
  /**
   * Share of the requests within the SLA if each batch takes a tenth longer than measured. Absent where it was not simulated,
   * e.g. in older plans, in plans whose misses later plans make up for, and where `slaAttainment` is under the percentile.
   */
  slowerAttainment: z.number().min(0).max(1).optional(),
  shedShare: z.number().min(0).max(1),
  goodputPerS: z.number().nonnegative(),
  /** The predicted PAS; null if no variant has a known accuracy, so that only latency and cost decided the plan. */
  pas: accuracy.nullable(),
  /**
   * Accuracy of the whole pipeline with these variants on the pack: measured or, for cascades, computed from the variants'
   * measured answers. Null if the profile lacks the measurements.
   */
  endToEnd: accuracy.nullable(),
  cost: z.number().nonnegative(),
  /**
   * Total time of the simulated batches ÷ the total time that the rows' `serviceMs` predict for them. Pauses and contention
   * between workers make batches slower. Absent in older plans, and if no batch was simulated, or only batches that take no time.
   */
  batchTimeFactor: z.number().positive().optional(),
  /** Number of simulated requests. */
  n: positiveCount,
  /** Number of times that the planner tightened the integer program before simulation confirmed the plan. */
  tightened: count,
});
export type Prediction = z.infer<typeof prediction>;

const slaMs = z.number().positive();
/** The lowest and the highest percentile of a plan's latency. */
export const PERCENTILE_RANGE = { least: 50, most: 99.9 };
const percentile = z.number().min(PERCENTILE_RANGE.least).max(PERCENTILE_RANGE.most);
const ratePerS = z.number().positive().max(RATE_PER_S_MAX);

export const planSchema = z
  .strictObject({
    schema: z.literal(PLAN),
    createdAt: isoDate,
    pipeline: name,
    profile: z.strictObject({ sha256, device }),
    /** Factors by which the planner corrected the profile's times, as measured in service. Absent: it corrected none. */
    inService: serviceFactors.optional(),
    /** Whether the predicted latencies count the way of each batch to a pod and back. Absent: no, or the plan is older. */
    forPods: z.literal(true).optional(),
    slaMs,
    percentile,
    ratePerS,
    objective,
    resources,
    /** The rows, in the order of the stages. */
    stages: z.array(planStage).min(1).max(64),
    workers: z.array(planWorker).min(1),
    /** `late`: a request is shed as soon as it is expected to miss the SLA. */
    shedding: z.enum(['late', 'never']),
    /**
     * Whether lighter work replaces planned work in a burst, before any request is shed: standbys run batches, and light
     * variants' answers stand. Absent: no.
     */
    downshift: z.boolean().optional(),
    /** `false` if this plan and the plans that replace it must have one variant per stage. Absent: stages may have cascades. */
    cascades: z.literal(false).optional(),
    /**
     * Expected time of a request outside queues and models, e.g. for HTTP and the network. The dispatch must end requests earlier
     * by this time, because the SLA holds on the client's clock. Absent if it was not measured.
     */
    servingMs: milliseconds.optional(),
    /**
     * Present if the requests carry their items in JSON. Absent: they carry them as bytes, which take the serving process less
     * time.
     */
    body: z.literal('json').optional(),
    /** The solver's result in one line: its status, the objective, and the bound that proves the optimum. */
    certificate: z.string().max(400),
    predicted: prediction,
  })
  .superRefine((plan, context) => {
    expectDistinct(context, plan.stages, 'name', ['stages'], 'stage names');
    expectDistinct(context, plan.workers, 'id', ['workers'], 'worker ids');
    plan.stages.forEach(({ name, serviceMs, escalation, standby }, i) => {
      const before = plan.stages[i - 1];
      const follows = !escalation || (before?.name === escalation.from && !before.escalation);
      expectThat(context, follows, ['stages', i, 'escalation'], 'expected the stage of the row before');
      const rising = [serviceMs, standby?.serviceMs ?? []].every((times) =>
        times.every(({ items }, k) => k === 0 || items > times[k - 1]!.items),
      );
      expectThat(context, rising, ['stages', i, 'serviceMs'], 'expected numbers of items that rise');
      const cascade = escalation ?? plan.stages[i + 1]?.escalation;
      expectThat(
        context,
        !(standby && cascade),
        ['stages', i, 'standby'],
        'expected no standby in a cascade',
      );
      const held = plan.workers.some((worker) => worker.stages.includes(name));
      expectThat(context, held, ['workers'], `expected a worker that holds stage ${name}`);
    });
    plan.workers.forEach((worker, i) => {
      for (const name of worker.stages) {
        const stage = plan.stages.find((one) => one.name === name);
        expectThat(context, stage !== undefined, ['workers', i, 'stages'], 'expected stages of this plan');
        const backend = stage?.backend ?? worker.backend;
        const message = `expected ${backend}, as stage ${name} has it`;
        expectThat(context, worker.backend === backend, ['workers', i, 'backend'], message);
      }
    });
  });
export type Plan = z.infer<typeof planSchema>;

/** What a plan keeps of the request that it was made for. */
const requested = z.object({ slaMs, percentile, ratePerS, objective, resources });

/** @throws InvalidDocumentError if no plan can be for such a request */
export const checkRequest = (request: z.input<typeof requested>): void =>
  void parseDocument(requested, request, 'The request for a plan');

/** The rows of a plan that a worker runs. */
export const stagesOf = ({ stages }: Pick<Plan, 'stages'>, worker: Pick<PlanWorker, 'stages'>): PlanStage[] =>
  worker.stages.map((name) => stages.find((stage) => stage.name === name)!);

/** The attainment that a percentile requires. The quotient is rounded, because 99.9 / 100 is a little more than 0.999. */
export const requiredAttainment = (percentile: number): number => Number((percentile / 100).toPrecision(12));

/** Whether enough requests meet a plan's SLA in the simulation that predicts them. */
export const keepsSla = ({ percentile, predicted }: Pick<Plan, 'percentile' | 'predicted'>): boolean =>
  predicted.slaAttainment >= requiredAttainment(percentile);

/** Whether two plans are equal, regardless of the order of their fields. */
export const samePlan = (a: Plan, b: Plan): boolean => canonicalJson(a) === canonicalJson(b);

/** The models that each worker of a row holds: the variant's and, if the row has one, the standby's. */
export const heldModels = (
  row: Pick<PlanStage, 'variant' | 'sha256' | 'standby'>,
): Pick<Standby, 'variant' | 'sha256'>[] => [row, ...(row.standby ? [row.standby] : [])];

export const cpuCoresOf = ({ workers }: Pick<Plan, 'workers'>): number =>
  workers.reduce((sum, { backend, threads }) => sum + (onGpu(backend) ? 0 : threads), 0);

export const gpuWorkersOf = ({ workers }: Pick<Plan, 'workers'>): number =>
  workers.filter(({ backend }) => onGpu(backend)).length;

/** @throws InvalidDocumentError, UnsupportedDocumentError */
export const parsePlan = (value: unknown, source: string): Plan =>
  parseDocument(planSchema, value, source, PLAN);
