import { useCallback, useMemo } from 'preact/hooks';
import { logDomain } from './axis.ts';
import { type BatchPanel, describePoint, panelTitle } from './batch-panels.ts';
import { type BatchMeasure, batchPlot, LATENCY, THROUGHPUT } from './batch-plot.ts';
import { Chart } from './Chart.tsx';

interface ByBatchProps {
  readonly panels: readonly BatchPanel[];
  /** All variants of the stage; a variant's index chooses its colour and symbol. */
  readonly variants: readonly string[];
  /** All batch sizes measured or to be measured, for the axis of every chart. */
  readonly batches: readonly number[];
  /** Whether WebGPU has only a software adapter, which runs on the CPU. */
  readonly software: boolean;
}

/** Charts of a stage's latency and throughput against the batch size, for each backend and thread count. */
export function ByBatch({ panels, ...shared }: ByBatchProps) {
  const points = panels.flatMap((panel) => panel.points);
  const rows = [LATENCY, THROUGHPUT].map((measure) => {
    const domain = logDomain(points.flatMap(measure.range));
    return panels.map((panel) => (
      <Panel
        key={`${panel.id} ${measure.value}`}
        panel={panel}
        measure={measure}
        domain={domain}
        {...shared}
      />
    ));
  });
  // The two charts of a single panel stand side by side.
  return (panels.length === 1 ? [rows.flat()] : rows).map((row, i) => (
    <div class="tiles panels" key={i}>
      {row}
    </div>
  ));
}

interface PanelProps extends Omit<ByBatchProps, 'panels'> {
  readonly panel: BatchPanel;
  readonly measure: BatchMeasure;
  readonly domain: readonly [number, number];
}

function Panel({ panel, measure, variants, batches, domain: [low, high], software }: PanelProps) {
  const draw = useCallback(
    (width: number) => batchPlot(panel.points, variants, batches, [low, high], measure, width),
    [panel, variants, batches, low, high, measure],
  );
  const points = useMemo(
    () =>
      variants.flatMap((variant) =>
        panel.points
          .filter((p) => p.variant === variant)
          .map((p) => ({ x: p.batch, y: p[measure.value], text: describePoint(p) })),
      ),
    [panel, variants, measure],
  );
  const what = measure === LATENCY ? 'Latency' : 'Throughput';
  return (
    <Chart
      title={`${what}: ${panelTitle(panel, software)}`}
      note={measure === LATENCY && 'line p50 · band p5–p95 · hollow: cold first run'}
      description={`${what} against batch size for each variant of ${panel.stage}. The table below holds the figures.`}
      draw={draw}
      points={points}
    />
  );
}
