import { useMemo } from 'preact/hooks';
import { splitFields } from '../../../models/items/fields.ts';
import type { Item } from '../../../models/items/item-batch.ts';
import type { ItemFormat } from '../../../models/items/item-format.ts';
import type { PipelineStage } from '../../../models/manifests/pipeline.ts';
import { milliseconds } from '../../components/format.ts';
import { Fields } from '../items/Fields.tsx';
import type { ItemView } from '../items/registry.tsx';
import { viewOf } from '../tasks/registry.ts';
import type { Prediction } from './predictions.ts';
import { StageAnswers } from './StageAnswers.tsx';

/** Data of a completed request for the page. */
export interface ShownRequest {
  readonly item: Item;
  readonly predictions: readonly Prediction[];
  readonly latencyMs: number;
}

interface RequestViewProps {
  /** Item format of the pipeline's first stage. */
  readonly format: ItemFormat;
  readonly view: ItemView;
  readonly request: ShownRequest;
}

/** A request's item with the pipeline's answers, each marked as right or wrong. */
export function RequestView({ format, view, request: { item, predictions, latencyMs } }: RequestViewProps) {
  const { content, texts } = useMemo(() => splitFields(format, item), [format, item]);
  return (
    <>
      <Fields names={format.fields ?? []} texts={texts} />
      {view.draw(format, content, predictions)}
      {!view.drawsAnswers && (
        <StageAnswers stageAnswers={predictions.flatMap(({ stageAnswers }) => stageAnswers)} />
      )}
      <p class="row apart small">
        <span>{view.caption(format, content, predictions)}</span>
        <span class="muted">{milliseconds(latencyMs)}</span>
      </p>
    </>
  );
}

interface VerdictLegendProps {
  readonly view: ItemView;
  readonly stages: readonly PipelineStage[];
}

/** Legend of the marks in a {@link RequestView}. */
export function VerdictLegend({ view: { legend }, stages }: VerdictLegendProps) {
  const somePartly = stages.some(({ stage }) => viewOf(stage).makesTexts);
  return (
    <ul class="row legend">
      {legend
        .filter(([verdict]) => verdict !== 'partly' || somePartly)
        .map(([verdict, text]) => (
          <li key={verdict} class={`verdict-${verdict}`}>
            {text}
          </li>
        ))}
    </ul>
  );
}
