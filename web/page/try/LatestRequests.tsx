import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Pipeline } from '../../../models/manifests/pipeline.ts';
import { useNarrow } from '../../components/width.ts';
import type { LiveRun } from '../../state/try/live-run.ts';
import { view as drawn } from '../../state/try/trying.ts';
import { itemViewOf } from '../../views/items/registry.tsx';
import { RequestView, type ShownRequest, VerdictLegend } from '../../views/request/RequestView.tsx';
import '../../views/request/request.css';
import { predictionsOf } from '../../views/request/predictions.ts';

/** The number of requests on the page. A narrow window shows fewer, because they stand below each other. */
const SLOTS = { wide: 6, narrow: 2 };

/** The latest requests with their answers. A new request replaces the oldest. */
export function LatestRequests({ live, pipeline }: { readonly live: LiveRun; readonly pipeline: Pipeline }) {
  const { format } = pipeline.first;
  const view = itemViewOf(format);
  const [shown, setShown] = useState<readonly ShownRequest[]>([]);
  const [held, setHeld] = useState(false);
  const slots = useNarrow() ? SLOTS.narrow : SLOTS.wide;
  const count = useRef(0);
  const newest = useRef<ShownRequest | null>(null);
  const shownMs = useRef(0);
  const nowMs = drawn.value?.nowMs ?? 0;
  // This effect runs when the charts are drawn, so it counts towards the fraction of time that the page may spend on drawing.
  useLayoutEffect(() => {
    if (held || nowMs < shownMs.current + view.everyMs) return;
    const request = live.takeLatest();
    if (!request) return;
    const { input: item, answer } = request;
    const next = { item, predictions: predictionsOf(pipeline.first, request), latencyMs: answer.latencyMs };
    const slot = count.current++ % slots;
    newest.current = next;
    shownMs.current = nowMs;
    setShown((before) => [...before.slice(0, slot), next, ...before.slice(slot + 1)]);
  }, [live, pipeline, view, held, slots, nowMs]);
  if (shown.length === 0) return null;
  const isUnjudged = shown.some(({ predictions }) =>
    predictions.some(({ verdict }) => verdict === 'unjudged'),
  );
  return (
    <figure class="card panel">
      <figcaption class="row apart">
        <span class="row">
          <strong>Latest requests and answers</strong>
          <span class="muted small">blue frame: the newest</span>
          <button type="button" onClick={() => setHeld(!held)}>
            {held ? 'Go on' : 'Hold'}
          </button>
        </span>
        {!isUnjudged && <VerdictLegend view={view} stages={pipeline.stages} />}
      </figcaption>
      <ul class={`tiles requests ${format.kind} ${held ? 'held' : ''}`}>
        {shown.slice(0, slots).map((request, slot) => (
          // The key is the position in the list, where requests replace each other.
          <li
            key={slot}
            class={request === newest.current ? 'stack tight request newest' : 'stack tight request'}
          >
            <RequestView format={format} view={view} request={request} />
          </li>
        ))}
      </ul>
    </figure>
  );
}
