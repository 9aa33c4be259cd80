import { ITEM_NOUNS } from '../../../models/items/item-format.ts';
import { taskOf } from '../../../models/tasks/registry.ts';
import type { Manifest } from '../../../solver/documents/manifest.ts';
import { profile } from '../../state/app.ts';
import { viewOf } from '../../views/tasks/registry.ts';
import { fanOutText } from './fan-out.ts';
import { StageCard } from './StageCard.tsx';

/** Diagram of the stages in order, with their variants and the number of items that each passes on. */
export function Pipeline({ manifest }: { readonly manifest: Manifest }) {
  const first = manifest.stages[0]!;
  return (
    <ol class="pipeline">
      <li class="dashed middle end">
        <strong>request</strong>
        <span class="muted small">one {ITEM_NOUNS[taskOf(first).itemFormat(first).kind].one}</span>
      </li>
      {manifest.stages.map((stage, i) => (
        <li key={stage.name} class="stage-step">
          <FanOut manifest={manifest} into={i} />
          <StageCard stage={stage} />
        </li>
      ))}
    </ol>
  );
}

/** The arrow into a stage: which items the stage before passes on, and how many per request. */
function FanOut({ manifest, into }: { readonly manifest: Manifest; readonly into: number }) {
  const before = manifest.stages.slice(0, into);
  const fanOuts = before.map((stage) => taskOf(stage).fanOut(stage));
  const opened = profile.value;
  const perRequest =
    into > 0 && opened?.pipeline === manifest.name ? fanOutText(opened, manifest.stages[into]!.name) : null;
  // Without labels, the profiler measures no accuracy, and plans assume one item per request.
  const labelled = opened?.stages.some(({ variants }) => variants.some(({ accuracy }) => accuracy.measured));
  return (
    <div class="fan-out middle small">
      <svg class="arrow" viewBox="0 0 48 40" width="48" height="40" aria-hidden="true">
        {fanOuts.includes('each-row') ? (
          <>
            <path d="M0 20h14C24 20 24 6 36 6h8M14 20h30M14 20c10 0 10 14 22 14h8" />
            <path d="M40 2.5 44.500 6 40 9.500M40 16.500 44.500 20 40 23.500M40 30.500 44.500 34 40 37.500" />
          </>
        ) : (
          <>
            <path d="M0 20h44" stroke-dasharray={fanOuts.includes('one-or-none') ? '5 4' : undefined} />
            <path d="M40 16.500 44.500 20 40 23.500" />
          </>
        )}
      </svg>
      {into > 0 && <span class="muted">{viewOf(before.at(-1)!).passedOn(before.at(-1)!)}</span>}
      <span>{perRequest ?? (into === 0 && '1 item')}</span>
      {perRequest && <span class="muted">per request, {labelled ? 'measured' : 'assumed'}</span>}
    </div>
  );
}
