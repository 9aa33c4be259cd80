import type { Cell } from '../../solver/documents/profile.ts';
import { ByBatch } from '../charts/ByBatch.tsx';
import { batchPanels } from '../charts/batch-panels.ts';
import { CellNotes, CellTable } from './Cells.tsx';

interface StageCellsProps {
  readonly stages: readonly { readonly name: string; readonly variants: readonly string[] }[];
  readonly cells: readonly Cell[];
  /** All batch sizes measured or to be measured. */
  readonly batches: readonly number[];
  /** Whether WebGPU has only a software adapter, which runs on the CPU. */
  readonly software: boolean;
}

/** Results of each stage: warnings about unreliable measurements, charts, and a table. */
export function StageCells({ stages, cells, batches, software }: StageCellsProps) {
  return (
    <>
      <CellNotes cells={cells} />
      {stages.map(({ name, variants }) => {
        const own = cells.filter((cell) => cell.stage === name);
        if (own.length === 0) return null;
        return (
          <section key={name} aria-label={name}>
            <h3>{name}</h3>
            <ByBatch
              panels={batchPanels(name, own)}
              variants={variants}
              batches={batches}
              software={software}
            />
            <CellTable stage={name} cells={own} />
          </section>
        );
      })}
    </>
  );
}

/** Names of stages and variants, from a profile or a manifest. */
export const stageNames = (
  stages: readonly { readonly name: string; readonly variants: readonly { readonly name: string }[] }[],
): StageCellsProps['stages'] =>
  stages.map(({ name, variants }) => ({ name, variants: variants.map((variant) => variant.name) }));
