import type { Cell } from '../../solver/documents/cell.ts';
import { cellsInOrder, type Profile, type SizeUnit } from '../../solver/documents/profile.ts';
import { ByBatch } from '../charts/ByBatch.tsx';
import { BySize } from '../charts/BySize.tsx';
import { batchPanels } from '../charts/batch-panels.ts';
import { AccuracyTable } from './AccuracyTable.tsx';
import { CellNotes, CellTable } from './Cells.tsx';
import { MeasuredOn } from './Device.tsx';

/** The facts about a stage of a profile or a manifest that its results show. */
interface ShownStage {
  readonly name: string;
  readonly variants: readonly { readonly name: string }[];
  /** Unit of the cells' item sizes; unknown while a profile runs and in older profiles. */
  readonly sizeUnit?: SizeUnit | undefined;
}

interface StageCellsProps {
  readonly stages: readonly ShownStage[];
  readonly cells: readonly Cell[];
  /** All batch sizes measured or to be measured. */
  readonly batches: readonly number[];
  /** Whether WebGPU has only a software adapter, which runs on the CPU. */
  readonly software: boolean;
  /** The stages of the profile with their accuracies; absent while the profile runs. */
  readonly accuracies?: Profile['stages'];
}

/** Results of each stage of a finished profile, and a note about the items that they were measured on. */
export const ProfileCells = ({ profile }: { readonly profile: Profile }) => (
  <>
    <MeasuredOn pack={profile.pack} />
    <StageCells
      stages={profile.stages}
      cells={profile.cells}
      batches={profile.settings.batches}
      software={profile.device.adapter?.software ?? false}
      accuracies={profile.stages}
    />
  </>
);

/** Results of each stage: warnings about unreliable measurements, charts, and tables. */
export function StageCells({ stages, cells, batches, software, accuracies = [] }: StageCellsProps) {
  return (
    <>
      <CellNotes cells={cells} />
      {stages.map(({ name, variants: all, sizeUnit }) => {
        const variants = all.map((variant) => variant.name);
        const own = cellsInOrder(
          cells.filter((cell) => cell.stage === name),
          variants.map((variant) => `${name}/${variant}`),
        );
        if (own.length === 0) return null;
        const measured = accuracies.find((stage) => stage.name === name);
        return (
          <section key={name} aria-label={name}>
            <h3>{name}</h3>
            <ByBatch
              panels={batchPanels(name, own)}
              variants={variants}
              batches={batches}
              software={software}
            />
            {sizeUnit && (
              <BySize stage={name} cells={own} variants={variants} unit={sizeUnit} software={software} />
            )}
            <CellTable stage={name} cells={own} />
            {measured && <AccuracyTable stage={measured} />}
          </section>
        );
      })}
    </>
  );
}
