import type { CellKey } from '../../solver/documents/cell.ts';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import type { ProfileSettings } from './types.ts';

/** The keys of all cells of one batch size. */
export function cellsOfBatch(manifest: Manifest, settings: ProfileSettings, batch: number): CellKey[] {
  const threads = (backend: Backend): readonly number[] => (onGpu(backend) ? [1] : settings.threads);
  return manifest.stages.flatMap((stage) =>
    stage.variants.flatMap((variant) =>
      settings.backends.flatMap((backend) =>
        threads(backend).map((t) => ({
          stage: stage.name,
          variant: variant.name,
          backend,
          threads: t,
          batch,
        })),
      ),
    ),
  );
}

/** The batch size to which a variant's models are fixed, by `stage/variant`. Other variants run any size. */
export type FixedBatches = ReadonlyMap<string, number>;

export const fixedBatchOf = ({ stage, variant }: CellKey, fixed: FixedBatches): number | undefined =>
  fixed.get(`${stage}/${variant}`);

/**
 * The cells of the first pass, grouped by batch size in ascending order. A variant has a cell for each batch size of the settings
 * or, if its models have a fixed batch size, only cells of that size.
 */
export function firstPassCells(
  manifest: Manifest,
  settings: ProfileSettings,
  fixed: FixedBatches,
): CellKey[][] {
  const batches = [...new Set([...settings.batches, ...fixed.values()])].sort((a, b) => a - b);
  return batches.map((batch) =>
    cellsOfBatch(manifest, settings, batch).filter((key) => {
      const only = fixedBatchOf(key, fixed);
      return only === undefined ? settings.batches.includes(batch) : only === batch;
    }),
  );
}
