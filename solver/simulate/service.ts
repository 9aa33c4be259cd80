import { interpolate } from '../dispatch/interpolate.ts';
import { type GpuBackend, onGpu } from '../documents/common.ts';
import type { PlanStage } from '../documents/plan.ts';
import type { CpuCoRun, Profile } from '../documents/profile.ts';
import type { Service } from '../documents/report.ts';
import type { Random } from '../math/random.ts';
import { sortedNumbers } from '../math/statistics.ts';
import { cpuCoRunOf, delayAtMs, gpuSlowDown } from '../plan/co-run.ts';

/** How long batches take. */
export interface ServiceModel {
  /**
   * Draws the time of one batch, whole round trip.
   * @param beside stages whose batches other workers run when it starts
   */
  sampleMs(stage: number, items: number, random: Random, beside: readonly number[]): number;
  /**
   * How many times longer than that a batch takes as long as workers run these stages, its own among them. Absent: they do not
   * slow each other.
   */
  slowDown?(stage: number, running: readonly number[]): number;
}

export class UnmeasuredStageError extends Error {
  override readonly name = 'UnmeasuredStageError';
  constructor(stage: string) {
    super(`No batch of ${stage} was measured: profile it, or choose what was.`);
  }
}

/** Of workers on one GPU that was not measured: as where they only take turns. */
const TAKING_TURNS = 2;

/**
 * Draws from the measured batches of the chosen variants. They were measured alone: one that starts on a CPU beside another one
 * is delayed, and those on one GPU slow each other, as batches did when workers were run side by side.
 * @throws UnmeasuredStageError
 */
export const serviceFromProfile = (
  profile: Pick<Profile, 'cells' | 'coRun'>,
  stages: readonly Pick<PlanStage, 'name' | 'variant' | 'backend' | 'threads'>[],
): ServiceModel => ({
  ...serviceFromSamples(
    stages.map(({ name, variant, backend, threads }) => ({
      label: `${name}/${variant}/${backend}/${threads}`,
      coRun: cpuCoRunOf(profile, { backend, threads }),
      samples: profile.cells.flatMap((cell) =>
        cell.state === 'measured' &&
        cell.stage === name &&
        cell.variant === variant &&
        cell.backend === backend &&
        cell.threads === threads
          ? [[cell.batch, cell.inferenceMs.map((ms, run) => ms + cell.handlingMs[run]!)] as const]
          : [],
      ),
    })),
  ),
  ...sharedGpu(profile, stages),
});

/**
 * Batches on one GPU slow each other alike. Of more than two, no more get done together than of two: that was not measured.
 */
function sharedGpu(
  profile: Pick<Profile, 'coRun'>,
  stages: readonly Pick<PlanStage, 'backend'>[],
): Pick<ServiceModel, 'slowDown'> {
  const gpus = stages.map(({ backend }) => (onGpu(backend) ? backend : undefined));
  if (gpus.every((gpu) => gpu === undefined)) return {};
  const ofTwo = (gpu: GpuBackend) => gpuSlowDown(profile, gpu)?.median ?? TAKING_TURNS;
  const slowDowns = gpus.map((gpu) => gpu && ofTwo(gpu));
  return {
    slowDown(stage, running) {
      const gpu = gpus[stage];
      const busy = running.filter((other) => gpus[other] === gpu).length;
      return gpu === undefined || busy < 2 ? 1 : (slowDowns[stage]! * busy) / 2;
    },
  };
}

/**
 * Draws from what a run's own batches of the same variants took. Batches of one size are one sample, whichever plan they
 * ran under.
 * @throws UnmeasuredStageError
 */
export const serviceFromRun = (
  service: readonly Service[],
  stages: readonly Pick<PlanStage, 'name' | 'variant' | 'backend'>[],
): ServiceModel =>
  serviceFromSamples(
    stages.map(({ name, variant, backend }) => ({
      label: `${name}/${variant}/${backend}`,
      coRun: undefined, // its samples have it in them
      samples: service
        .filter((entry) => entry.stage === name && entry.variant === variant && entry.backend === backend)
        .map((entry) => [entry.items, entry.samplesMs] as const),
    })),
  );

/** Samples of whole round trips by batch size, in any order. */
type SizedSamples = readonly (readonly [items: number, samplesMs: readonly number[]])[];

interface StageSamples {
  readonly label: string;
  readonly coRun: CpuCoRun | undefined;
  readonly samples: SizedSamples;
}

function serviceFromSamples(stages: readonly StageSamples[]): ServiceModel {
  const tables = stages.map(({ label, coRun, samples }) => {
    if (samples.length === 0) throw new UnmeasuredStageError(label);
    const bySize = new Map<number, number[]>();
    for (const [items, samplesMs] of samples) bySize.set(items, [...(bySize.get(items) ?? []), ...samplesMs]);
    const sizes = [...bySize.keys()].sort((a, b) => a - b);
    return { coRun, sizes, sorted: sizes.map((size) => sortedNumbers(bySize.get(size)!)) };
  });
  return {
    sampleMs(stage, items, random, beside) {
      const { coRun, sizes, sorted } = tables[stage]!;
      // One quantile for both neighbours of a size: a slow batch of 3 lies between slow ones of 2 and of 4.
      const u = random();
      const quantile = (i: number) => sorted[i]![Math.floor(u * sorted[i]!.length)]!;
      const alone = interpolate(sizes, quantile, items);
      const crowded = coRun !== undefined && beside.some((other) => tables[other]!.coRun !== undefined);
      return crowded ? alone + delayAtMs(coRun, 100 * random()) : alone;
    },
  };
}
