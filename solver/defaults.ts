import type { Device } from './documents/common.ts';
import type { Objective, Resources } from './documents/plan.ts';

export const DEFAULT_OBJECTIVE: Objective = {
  alpha: 1,
  beta: 0.001,
  delta: 1e-6,
  eta: 1,
  horizonMs: 20_000,
  accuracy: 'product',
};

export const DEFAULT_PERCENTILE = 95;

/** All of a device, at the default prices. */
export const resourcesOf = (device: Device): Resources => ({
  cores: device.logicalCores,
  gpus: device.adapter ? 1 : 0,
  pricePerCore: 1,
  pricePerGpu: 8,
  utilisationMax: 0.8,
});
