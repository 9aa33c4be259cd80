import { DEFAULT_OBJECTIVE } from '../defaults.ts';
import type { Profile } from '../documents/profile.ts';
import { plainWay, variantsByTime } from '../plain.ts';
import type { StandingRequest } from './ours.ts';
import type { RivalSettings } from './rivals.ts';

/**
 * Settings for a pipeline that IPA's authors did not run: every variant on the fewest threads that were measured, the
 * slowest variants for FA2-high and the fastest for FA2-low, and for RIM as many replicas as the slowest need at the
 * load's mean rate.
 * @throws NothingMeasuredError
 */
export function rivalSettings(
  profile: Profile,
  request: StandingRequest,
  meanRatePerS: number,
): RivalSettings {
  const { slaMs, resources, objective } = request;
  const backends = request.backends ?? [...new Set(profile.cells.map((cell) => cell.backend))];
  const measured = profile.cells.filter((cell) => cell.state === 'measured');
  const threads = (stage: string, variant: string) =>
    Math.min(...measured.filter((c) => c.stage === stage && c.variant === variant).map((c) => c.threads));
  const fa2High = variantsByTime(profile, 'heaviest', backends);
  const { options } = plainWay(profile, fa2High, { ...request, backends, ratePerS: meanRatePerS });
  const busy = options.map((o) => (o.itemsPerS * o.meanMs) / 1000);
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
    fa2Low: variantsByTime(profile, 'lightest', backends),
    fa2High,
    rimReplicas: Object.fromEntries(
      profile.stages.map(({ name }, s) => [name, Math.max(1, Math.ceil(busy[s]!))]),
    ),
  };
}
