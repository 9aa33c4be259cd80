import { ITEM_NOUNS } from '../../../models/items/item-format.ts';
import { taskOf } from '../../../models/tasks/registry.ts';
import type { Manifest } from '../../../solver/documents/manifest.ts';
import { number } from '../../components/format.ts';
import { profile } from '../../state/app.ts';
import { fanOutRange } from './fan-out.ts';
import { StageCard } from './StageCard.tsx';

/** The stages in order, each with its variants, and how many items each passes to the next. */
export function Pipeline({ manifest }: { readonly manifest: Manifest }) {
  const first = manifest.stages[0]!;
  return (
    <ol class="pipeline">
      <li class="end">
        <span class="end-label">request</span>
        <span class="muted">one {ITEM_NOUNS[taskOf(first).items(first).kind].one}</span>
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

/** The fan-out into a stage: one item per request, or as many as the stages before give. */
function FanOut({ manifest, into }: { readonly manifest: Manifest; readonly into: number }) {
  const fanOuts = manifest.stages.slice(0, into).map((stage) => taskOf(stage).fanOut(stage));
  const many = fanOuts.some((fanOut) => fanOut !== 'one');
  const measured = profile.value;
  const range =
    many && measured?.pipeline === manifest.name ? fanOutRange(measured, manifest.stages[into]!.name) : null;
  const text = !many
    ? '1 item'
    : range
      ? `${span(range)} items`
      : fanOuts.includes('each-row')
        ? 'one item per find'
        : 'one item or none';
  return (
    <div class="fan-out">
      <svg viewBox="0 0 48 40" width="48" height="40" aria-hidden="true">
        {many ? (
          <>
            <path d="M0 20h14C24 20 24 6 36 6h8M14 20h30M14 20c10 0 10 14 22 14h8" />
            <path d="M40 2.5 44.500 6 40 9.500M40 16.500 44.500 20 40 23.500M40 30.500 44.500 34 40 37.500" />
          </>
        ) : (
          <path d="M0 20h44M40 16.500 44.500 20 40 23.500" />
        )}
      </svg>
      <span>{text}</span>
      {many && <span class="muted">{range ? 'per request, measured' : 'fan-out'}</span>}
    </div>
  );
}

const span = ([low, high]: readonly [number, number]): string =>
  number(low, 1) === number(high, 1) ? number(low, 1) : `${number(low, 1)}–${number(high, 1)}`;
