import { duration, plural } from '../../components/format.ts';
import { goTo } from '../../state/go-to.ts';
import { finished } from '../../state/measure/profiling.ts';
import { CloseButton } from '../controls/CloseButton.tsx';

/** Says that a profile is measured, and what to look at next. */
export function Done() {
  const done = finished.value;
  if (!done) return null;
  const tone = done.leftOut ? 'warn' : 'good';
  return (
    <aside class={`card edged ${tone} row apart done`} aria-label="Measured">
      <p>
        <strong class={tone}>{done.leftOut ? '! Done.' : '✓ Done.'}</strong> {done.pipeline} is measured:{' '}
        {plural(done.cells, 'cell')} in {duration(done.tookMs)}. {done.leftOut}
      </p>
      <p class="row">
        <button type="button" class="primary" onClick={() => goTo('results')}>
          See the results
        </button>
        <button type="button" onClick={() => goTo('plan')}>
          See the plan
        </button>
        <CloseButton class="link" of={finished} />
      </p>
    </aside>
  );
}
