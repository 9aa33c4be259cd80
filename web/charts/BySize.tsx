import { useCallback, useMemo, useState } from 'preact/hooks';
import type { Cell } from '../../solver/documents/cell.ts';
import type { SizeUnit } from '../../solver/documents/profile.ts';
import { logDomain } from './axis.ts';
import { type CellPanel, panelTitle } from './batch-panels.ts';
import { Chart } from './Chart.tsx';
import { batchesOfSizes, type SizePoint, sizePanels } from './size-panels.ts';
import { sizePlot } from './size-plot.ts';

interface BySizeProps {
  readonly stage: string;
  readonly cells: readonly Cell[];
  /** All variants of the stage; a variant's index chooses its colour and symbol. */
  readonly variants: readonly string[];
  readonly unit: SizeUnit;
  /** Whether WebGPU has only a software adapter, which runs on the CPU. */
  readonly software: boolean;
}

/** Charts of each run's time against the size of its items, collapsed. Nothing is shown where all runs have one size. */
export function BySize(props: BySizeProps) {
  const [open, setOpen] = useState(false);
  const batches = useMemo(() => batchesOfSizes(props.cells), [props.cells]);
  const [chosen, setChosen] = useState<number | null>(null);
  if (batches.length === 0) return null;
  const batch = chosen !== null && batches.includes(chosen) ? chosen : batches[0]!;
  return (
    <details class="fold" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Time against size of {props.stage} <span class="muted small">(a point for each run)</span>
      </summary>
      {open && (
        <>
          <label class="row muted small">
            Batch
            <select value={batch} onChange={({ currentTarget: { value } }) => setChosen(Number(value))}>
              {batches.map((size) => (
                <option key={size}>{size}</option>
              ))}
            </select>
          </label>
          <Panels batch={batch} {...props} />
        </>
      )}
    </details>
  );
}

function Panels({ stage, cells, batch, ...shared }: BySizeProps & { readonly batch: number }) {
  const panels = useMemo(
    () => sizePanels(stage, cells, batch, shared.unit),
    [stage, cells, batch, shared.unit],
  );
  const [low, high] = logDomain(panels.flatMap(({ points }) => points.map(({ ms }) => ms)));
  return (
    <div class="tiles panels">
      {panels.map((panel) => (
        <Panel key={panel.id} panel={panel} low={low} high={high} {...shared} />
      ))}
    </div>
  );
}

interface PanelProps extends Pick<BySizeProps, 'variants' | 'unit' | 'software'> {
  readonly panel: CellPanel<SizePoint>;
  readonly low: number;
  readonly high: number;
}

function Panel({ panel, variants, unit, low, high, software }: PanelProps) {
  const draw = useCallback(
    (width: number) => sizePlot(panel.points, variants, unit, [low, high], width),
    [panel, variants, unit, low, high],
  );
  const points = useMemo(() => panel.points.map(({ size, ms, text }) => ({ x: size, y: ms, text })), [panel]);
  return (
    <Chart
      title={`Time against size: ${panelTitle(panel, software)}`}
      note="dot a run · line median of runs of like size"
      description={`Time of each run of ${panel.stage} against the total size of its batch's items.`}
      draw={draw}
      points={points}
    />
  );
}
