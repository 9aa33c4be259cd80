import { SIZE_UNITS } from '../../models/items/item-format.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Cell } from '../../solver/documents/cell.ts';
import type { CoRun } from '../../solver/documents/co-run.ts';
import type { Device } from '../../solver/documents/common.ts';
import { sha256Of, sizeBytesOf } from '../../solver/documents/manifest.ts';
import { PROFILE, type Profile } from '../../solver/documents/profile.ts';
import type { MeasuredAccuracy } from './accuracy.ts';
import type { ProfileSettings } from './types.ts';

/** The times of a profile that are measured so far. */
export interface MeasuredTimes extends Pick<Profile, 'batchPauses' | 'serving'> {
  readonly cells: readonly Cell[];
  readonly coRun: readonly CoRun[];
}

/** The document of a profile, finished or not. */
export const profileDocument = (
  { manifest, pipeline }: LoadedManifest,
  device: Device,
  settings: ProfileSettings,
  { stages, fanOut, endToEnd, paths }: MeasuredAccuracy,
  { cells, coRun, batchPauses, serving }: MeasuredTimes,
): Profile => ({
  schema: PROFILE,
  createdAt: new Date().toISOString(),
  pipeline: manifest.name,
  device,
  pack: manifest.pack ? { source: manifest.pack.source, mix: manifest.pack.mix } : null,
  settings: {
    seed: settings.seed,
    budgetS: settings.budgetS,
    batches: [...settings.batches],
    slaMs: settings.slaMs ?? null,
  },
  stages: pipeline.stages.map(({ name: stage, task, stage: manifestStage }) => ({
    name: stage,
    task: task.id,
    metric: task.metric.stage,
    sizeUnit: SIZE_UNITS[task.itemFormat(manifestStage).kind],
    variants: manifestStage.variants.map((variant) => ({
      name: variant.name,
      sha256: sha256Of(variant),
      sizeBytes: sizeBytesOf(variant),
      accuracy: {
        published: variant.accuracy,
        measured: stages[stage]?.[variant.name]?.score ?? null,
      },
      answers: stages[stage]?.[variant.name]?.answers,
    })),
  })),
  cells: [...cells],
  fanOut: [...fanOut],
  endToEnd: [...endToEnd],
  paths: [...paths],
  coRun: [...coRun],
  ...(batchPauses && { batchPauses }),
  ...(serving && { serving }),
});
