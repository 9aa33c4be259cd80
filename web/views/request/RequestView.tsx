import type { Item } from '../../../models/items/item-batch.ts';
import type { ItemFormat } from '../../../models/items/item-format.ts';
import { milliseconds } from '../../components/format.ts';
import type { ItemView } from '../items/registry.tsx';
import type { Thing } from './things.ts';

/** Data of a completed request for the page. */
export interface ShownRequest {
  readonly item: Item;
  readonly things: readonly Thing[];
  readonly latencyMs: number;
}

interface RequestViewProps {
  /** Item format of the pipeline's first stage. */
  readonly format: ItemFormat;
  readonly view: ItemView;
  readonly request: ShownRequest;
}

/** A request's item with the pipeline's answers, each marked as right or wrong. */
export function RequestView({ format, view, request: { item, things, latencyMs } }: RequestViewProps) {
  return (
    <>
      {view.draw(format, item, things)}
      <p class="request-caption">
        <span>{view.caption(item, things)}</span>
        <span class="muted">{milliseconds(latencyMs)}</span>
      </p>
    </>
  );
}

/** Legend of the marks in a {@link RequestView}. */
export function VerdictLegend({ view: { legend } }: Pick<RequestViewProps, 'view'>) {
  return (
    <ul class="legend verdict-legend">
      {legend.map(([verdict, text]) => (
        <li key={verdict} class={`verdict-${verdict}`}>
          {text}
        </li>
      ))}
    </ul>
  );
}
