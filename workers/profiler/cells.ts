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
