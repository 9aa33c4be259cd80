import type { Backend, Device } from '../documents/common.ts';
import type { Objective, Resources } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';
import type { PlanRequest } from './options.ts';

export const DEFAULT_OBJECTIVE: Objective = {
  alpha: 1,
  beta: 0.001,
  delta: 1e-6,
  eta: 1,
  horizonMs: 20_000,
  accuracy: 'product',
};

export const DEFAULT_PERCENTILE = 95;

/** All cores and GPUs of a device, at the default prices and the default utilisation limit. */
export const resourcesOf = (device: Device): Resources => ({
  cores: device.logicalCores,
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
  /** Resources that the plan may use; by default all cores and GPUs of the profile's device. */
  readonly resources?: Partial<Resources>;
}

/** Fills the defaults into a user's request. */
export const planRequest = (profile: Profile, request: PartialPlanRequest): PlanRequest => ({
  slaMs: request.slaMs,
  ratePerS: request.ratePerS,
  percentile: request.percentile ?? DEFAULT_PERCENTILE,
  ...(request.backends && { backends: request.backends }),
  objective: { ...DEFAULT_OBJECTIVE, ...request.objective },
  resources: { ...resourcesOf(profile.device), ...request.resources },
});
