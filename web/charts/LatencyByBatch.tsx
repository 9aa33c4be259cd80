import { useCallback } from 'preact/hooks';
import type { Cell } from '../../solver/documents/profile.ts';
import { plural } from '../format.ts';
import { Chart } from './Chart.tsx';
import { type BatchPanel, batchPanels, latencyByBatch, latencyDomain } from './latency-by-batch.ts';

interface LatencyByBatchProps {
  readonly stages: readonly { readonly name: string; readonly variants: readonly string[] }[];
  readonly cells: readonly Cell[];
  /** All that are or will be measured: every chart's axis. */
  readonly batches: readonly number[];
}

/** A chart for each stage, backend and number of threads. Charts of one stage share their latency axis. */
export function LatencyByBatch({ stages, cells, batches }: LatencyByBatchProps) {
  return (
    <>
      {stages.map(({ name, variants }) => {
        const panels = batchPanels(name, cells);
        const [low, high] = latencyDomain(panels);
        return (
          <div class="panels" key={name}>
            {panels.map((panel) => (
              <Panel
                key={`${panel.backend}/${panel.threads}`}
                panel={panel}
                variants={variants}
                batches={batches}
                low={low}
                high={high}
              />
            ))}
          </div>
        );
      })}
    </>
  );
}

interface PanelProps {
  readonly panel: BatchPanel;
  readonly variants: readonly string[];
  readonly batches: readonly number[];
  readonly low: number;
  readonly high: number;
}

function Panel({ panel, variants, batches, low, high }: PanelProps) {
  const draw = useCallback(
    () => latencyByBatch(panel, variants, batches, [low, high]),
    [panel, variants, batches, low, high],
  );
  const threads = panel.threads > 1 ? `, ${plural(panel.threads, 'thread')}` : '';
  return (
    <Chart
      title={`${panel.stage} on ${panel.backend}${threads}`}
      note="line p50 · band p5–p95 · hollow: cold first run"
      description={`Latency of a batch against its size for each variant of ${panel.stage}. The table holds the figures.`}
      draw={draw}
    />
  );
}
