import { z } from 'zod';
import { type Backend, backend } from '../documents/common.ts';
import { parseDocument, UnsupportedDocumentError } from '../documents/document.ts';
import {
  checkRequest,
  type Objective,
  type Plan,
  type PlanStage,
  type Resources,
} from '../documents/plan.ts';
import { PROFILE, type Profile } from '../documents/profile.ts';
import { type RequestCost, requestBody } from '../documents/serving.ts';
import { UnmeasuredBodyError } from './errors.ts';
import { forPods, requestCostOf } from './serving.ts';

/** What a plan must achieve, and what it may use. */
export interface PlanRequest {
  readonly ratePerS: number;
  readonly slaMs: number;
  /** Percentile of the end-to-end latency that the SLA bounds, e.g. 95. */
  readonly percentile: number;
  /** Part of the SLA that is reserved for queues, which form while requests arrive faster than `ratePerS`; 0 if absent. */
  readonly queueMs?: number;
  readonly objective: Objective;
  readonly resources: Resources;
  /** Backends to choose from; if absent, all that were measured. */
  readonly backends?: readonly Backend[];
  /** The variants that run now. Any other variant costs a switch; if absent, switches cost nothing. */
  readonly current?: readonly Pick<
    PlanStage,
    'name' | 'variant' | 'backend' | 'threads' | 'replicas' | 'escalation'
  >[];
  /**
   * Share of the plan's lifetime during which the workers of the plan before still run beside its own, so that both cost; 0 if
   * absent.
   */
  readonly heldTwice?: number;
  /**
   * The plan whose sessions must stay, so that the planner chooses only their batch sizes. If absent, the planner chooses
   * everything.
   */
  readonly keep?: Pick<Plan, 'stages' | 'workers'>;
  /** Whether the plan downshifts in a burst, and so holds standbys. If absent, it does not. */
  readonly downshift?: true;
  /** Set if the requests carry their items in JSON. If absent, they carry them as bytes. */
  readonly body?: 'json';
  /** The stages that may get a cascade; `false`: none of them. If absent, each may. */
  readonly cascades?: false | readonly string[];
  /** Fixed numbers of replicas by stage name. A stage that is absent gets as many as it needs. */
  readonly replicas?: Readonly<Record<string, number>>;
  /** Variants to choose from, by stage name. A stage that is absent may have any variant. */
  readonly restrictTo?: Readonly<Record<string, readonly string[]>>;
  /** Set if workers are pods: each variant of a cascade then has pods of its own, so that it scales by itself. */
  readonly apart?: true;
  /**
   * `false`: stages on a CPU share a worker only if there are too few cores for a worker each. If absent, they may also share one
   * worker or several if that makes the plan better.
   */
  readonly sharing?: false;
  /**
   * `false`: the plan need not keep the SLA if batches are slower than measured, because later plans make up for its misses. If
   * absent, the plan must keep it.
   */
  readonly ifSlower?: false;
}

/** Workers that all stages on a CPU share. */
export interface SharedWorkers {
  readonly workers: number;
  readonly threads: number;
}

/** A plan request with the decisions that are fixed for one integer program. */
export interface IlpRequest extends PlanRequest {
  /** The CPU workers that each hold all stages; if absent, each replica has a worker of its own. */
  readonly shared?: SharedWorkers;
  /**
   * The variants that earlier stages may run in this program, by stage name. They are fixed, because they decide how many items
   * later stages get. A stage with several variants has a cascade of two of them. Other variants of these stages may still be
   * standbys.
   */
  readonly upstream?: Readonly<Record<string, readonly string[]>>;
  /** The utilisation limit of the thread that serves requests; if absent, that of the resources. */
  readonly threadShareMax?: number;
  /** `false`: no row has a standby, e.g. because the memory has no room for standbys. If absent, rows may have one. */
  readonly standbys?: false;
}

/** Whether the memory may have room for a plan, but not for its standbys. */
export const standbysMayLackRoom = ({ downshift, resources }: PlanRequest): boolean =>
  downshift === true && resources.memoryBytes !== undefined;

/** Whether the objective combines ranks of accuracies, which depend on the options that the program offers. */
export const combinesRanks = ({ objective }: Pick<PlanRequest, 'objective'>): boolean =>
  objective.accuracy.startsWith('rank');

export const mayCascade = ({ cascades }: PlanRequest, stage: string): boolean =>
  cascades === undefined || (cascades !== false && cascades.includes(stage));

export const DEFAULT_OBJECTIVE: Objective = {
  alpha: 1,
  beta: 0.001,
  delta: 1e-6,
  eta: 1,
  horizonMs: 20_000,
  accuracy: 'product',
};

export const DEFAULT_PERCENTILE = 95;

/**
 * The cores and GPUs of a profile's device, at the default prices and the default utilisation limit. If the profile measured
 * serving, one core is left for the process that serves or, on a cluster, for the gateways.
 */
export const resourcesOf = ({ device, serving }: Pick<Profile, 'device' | 'serving'>): Resources => ({
  cores: Math.max(1, device.logicalCores - (serving ? 1 : 0)),
  gpus: device.adapter ? 1 : 0,
  pricePerCore: 1,
  pricePerGpu: 8,
  utilisationMax: 0.8,
});

/** A user's request for a plan; optional fields have defaults. */
export interface PartialPlanRequest {
  readonly slaMs: number;
  readonly ratePerS: number;
  /** Percentile of the end-to-end latency that the SLA bounds; 95 by default. */
  readonly percentile?: number;
  /** Backends to choose from; by default all that were measured. */
  readonly backends?: readonly Backend[];
  readonly objective?: Partial<Objective>;
  /** Resources that the plan may use; by default those of {@link resourcesOf}. */
  readonly resources?: Partial<Resources>;
  /** `false`: one variant for each stage. */
  readonly cascades?: boolean | undefined;
  /** `false`: in a burst, requests are shed rather than answered by lighter variants. */
  readonly downshift?: boolean | undefined;
  /** How requests carry their items; as bytes by default. */
  readonly body?: RequestCost['body'] | undefined;
}

/** What a user's request may leave out. The other fields, and those with defaults of their own, are checked in `planRequest`. */
const optional = z.object({
  backends: z.array(backend).optional(),
  objective: z.object({}).optional(),
  resources: z.object({}).optional(),
  cascades: z.boolean().optional(),
  downshift: z.boolean().optional(),
  body: requestBody.optional(),
});

/**
 * Fills the defaults into a user's request, and checks it.
 * @param profile a valid profile. Only its `"schema"` is checked here; `importProfile` and `parseProfile` check the rest
 * @throws InvalidDocumentError, UnsupportedDocumentError, UnmeasuredBodyError
 */
export function planRequest(profile: Profile, request: PartialPlanRequest): PlanRequest {
  const found: unknown = profile?.schema;
  if (found !== PROFILE) throw new UnsupportedDocumentError('The profile to plan on', PROFILE, found);
  parseDocument(optional, request, 'The request for a plan');
  const inJson = request.body === 'json';
  if (inJson && !requestCostOf(profile, { body: 'json' })) throw new UnmeasuredBodyError(profile.pipeline);
  const asked = {
    slaMs: request.slaMs,
    ratePerS: request.ratePerS,
    percentile: request.percentile ?? DEFAULT_PERCENTILE,
    objective: { ...DEFAULT_OBJECTIVE, ...request.objective },
    resources: { ...resourcesOf(profile), ...request.resources },
  };
  checkRequest(asked);
  return {
    ...asked,
    ...(request.backends && { backends: request.backends }),
    ...(request.cascades === false && { cascades: false }),
    ...(request.downshift !== false && { downshift: true }),
    ...(inJson && { body: 'json' }),
    ...(forPods(profile) && { apart: true }),
  };
}
