import { z } from 'zod';
import { accuracy, count, expectDistinct } from './common.ts';
import { parseDocument } from './document.ts';
import { accuracyMethod } from './plan.ts';

/** So small that the terms of an objective, products of two amounts, and their sum are finite. */
const amount = z.number().nonnegative().max(1e100);

/**
 * An option of a stage in the integer program. `accuracy` is the stage's accuracy with this option, and `batch` its batch size.
 * All other figures are totals of the stage, over all its replicas.
 */
const problemOption = z.strictObject({
  id: z.string().min(1).max(200),
  latencyMs: amount,
  accuracy,
  cost: amount,
  batch: amount,
  gpuShare: amount.default(0),
  cores: amount.default(0),
  /** Cores that are busy on average with the stage's batches, with handing out batches, and with serving requests. */
  busyCores: amount.default(0),
  /** Fraction of its time that the thread which hands out batches and serves requests spends on the stage. */
  threadShare: amount.default(0),
  memoryBytes: count.default(0),
  /** What a switch to this option takes off the objective: η · switchMs / horizonMs, and the cost of replaced cores; else 0. */
  switchCost: amount.default(0),
});
export type ProblemOption = z.infer<typeof problemOption>;

const problemStage = z.strictObject({
  name: z.string().min(1).max(200),
  options: z.array(problemOption).min(1, 'expected at least one option'),
});

/** An instance of the integer program. A limit that is absent does not apply. */
export const problemSchema = z
  .strictObject({
    slaMs: amount.positive(),
    objective: z.strictObject({
      alpha: amount.default(1),
      beta: amount.default(0.001),
      delta: amount.default(1e-6),
      accuracy: accuracyMethod.default('product'),
    }),
    gpuShareMax: amount.optional(),
    coresMax: amount.optional(),
    busyCoresMax: amount.optional(),
    threadShareMax: amount.optional(),
    memoryBytesMax: amount.optional(),
    stages: z.array(problemStage).min(1, 'expected at least one stage'),
  })
  .superRefine((problem, context) => {
    expectDistinct(context, problem.stages, 'name', ['stages'], 'stage names');
    problem.stages.forEach(({ options }, s) => {
      expectDistinct(context, options, 'id', ['stages', s, 'options'], 'option ids');
    });
  });
export type Problem = z.output<typeof problemSchema>;

/** The solver's answer to a {@link Problem}. */
export type Solution =
  | {
      status: 'optimal';
      objective: number;
      /**
       * A proven upper bound on the objective of every choice. It exceeds `objective` by a relative 1e-10, plus the rounding
       * errors of the objective's terms.
       */
      bound: number;
      choice: Record<string, string>;
      accuracy: number;
      cost: number;
      latencyMs: number;
      /** Number of regions of the search space for which a relaxation was solved. */
      nodes: number;
      solveMs: number;
    }
  | {
      status: 'infeasible';
      /** The constraint that cannot be met, in words and figures. */
      binding: string;
      /** The smallest SLA that has a solution within the other limits; null if no SLA has one. */
      nearestSlaMs: number | null;
      solveMs: number;
    };

/** @throws InvalidDocumentError */
export const parseProblem = (value: unknown, source: string): Problem =>
  parseDocument(problemSchema, value, source);
