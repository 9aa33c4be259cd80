import type { StandingRequest } from '../../solver/adapt/standing-request.ts';
import { cpuBackend, onGpu } from '../../solver/documents/common.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { DEFAULT_OBJECTIVE } from '../../solver/plan/request.ts';
import { onlyOptions, onlyVariants, variantsByTime } from '../comparison/baselines.ts';
import type { RivalSettings } from './rivals.ts';

/**
 * Chooses settings of the rivals for a pipeline that IPA's authors did not run. Every variant gets the fewest threads measured
 * on a CPU. FA2-high gets the slowest variants, FA2-low the fastest. RIM gets as many replicas as the slowest variants need at
 * the load's mean rate.
 * @throws NothingMeasuredError if a stage has no measurement at batch 1 on a CPU
 */
export function rivalSettings(
  profile: Profile,
  request: Omit<StandingRequest, 'minRatePerS'>,
  meanRatePerS: number,
): RivalSettings {
  const { slaMs, resources, objective, backends } = request;
  const measured = profile.cells.filter(
    ({ state, backend }) => state === 'measured' && !onGpu(backend) && (backends?.includes(backend) ?? true),
  );
  const threads = (stage: string, variant: string) =>
    Math.min(...measured.filter((c) => c.stage === stage && c.variant === variant).map((c) => c.threads));
  const atBase = {
    ...profile,
    cells: measured.filter((c) => c.batch === 1 && c.threads === threads(c.stage, c.variant)),
    coRun: [],
  };
  const fa2High = variantsByTime(atBase, 'heaviest', cpuBackend.options);
  const restrictTo = onlyVariants(fa2High);
  // `onlyOptions` lets one replica be overloaded without limit, so its utilisation is the number of replicas needed.
  const slowest = onlyOptions(atBase, { ...request, ratePerS: meanRatePerS, restrictTo });
  return {
    slaMs,
    resources,
    objective: { ...DEFAULT_OBJECTIVE, ...objective },
    baseCores: Object.fromEntries(
      profile.stages.map(({ name, variants }) => [
        name,
        Object.fromEntries(variants.map((variant) => [variant.name, threads(name, variant.name)])),
      ]),
    ),
    batchMax: Math.max(...measured.map((cell) => cell.batch)),
    restrictTo: request.restrictTo ?? {},
    fa2Low: variantsByTime(atBase, 'lightest', cpuBackend.options),
    fa2High,
    rimReplicas: Object.fromEntries(
      profile.stages.map(({ name }, s) => [name, Math.max(1, Math.ceil(slowest[s]!.utilisation))]),
    ),
  };
}
