import { computed } from '@preact/signals';
import type { Cell } from '../../solver/documents/profile.ts';
import { LatencyByBatch } from '../charts/LatencyByBatch.tsx';
import { CellNotes, CellTable } from '../components/Cells.tsx';
import { DeviceFacts } from '../components/Device.tsx';
import { models, profile } from '../state/app.ts';
import { liveCells, running, settings } from '../state/profiling.ts';
import { Empty, Section } from './Section.tsx';

interface Shown {
  readonly stages: readonly { readonly name: string; readonly variants: readonly string[] }[];
  readonly cells: readonly Cell[];
  readonly batches: readonly number[];
}

/** The running profile's cells while one runs, else the opened profile's. */
const shown = computed<Shown | null>(() => {
  const source = running.value ? models.value?.manifest : profile.value;
  if (!source) return null;
  return {
    stages: source.stages.map(({ name, variants }) => ({ name, variants: variants.map((v) => v.name) })),
    cells: running.value ? liveCells.value : profile.value!.cells,
    batches: (running.value ? settings.value : profile.value!.settings).batches,
  };
});

export function Results() {
  return (
    <Section
      id="results"
      title="Results"
      lead="What was measured: warm latencies with their spread, cold first runs apart, and what needs care."
    >
      {shown.value && shown.value.cells.length > 0 ? (
        <Measurements shown={shown.value} />
      ) : (
        <Empty>
          Nothing measured yet. <a href="#measure">Start a profile</a>, or drop a profile's file anywhere on
          this page.
        </Empty>
      )}
    </Section>
  );
}

function Measurements({ shown: { stages, cells, batches } }: { readonly shown: Shown }) {
  return (
    <>
      {!running.value && <DeviceFacts device={profile.value!.device} />}
      <LatencyByBatch stages={stages} cells={cells} batches={batches} />
      <CellNotes cells={cells} />
      <CellTable cells={cells} />
    </>
  );
}
