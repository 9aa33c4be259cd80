import { duration, plural } from '../../components/format.ts';
import { goTo } from '../../state/go-to.ts';
import { finished } from '../../state/measure/profiling.ts';

import type { SectionId } from './sections.ts';

/** Says at the bottom of the window, wherever the user is, that a profile is measured, and what to look at next. */
export function Done() {
  const done = finished.value;
  if (!done) return null;
  const close = (next?: SectionId) => {
    finished.value = null;
    if (next) goTo(next);
  };
  return (
    <aside class="card edged good row apart done" aria-label="Measured">
      <p>
        <strong class="good">✓ Done.</strong> {done.pipeline} is measured: {plural(done.cells, 'cell')} in{' '}
        {duration(done.tookMs)}.
      </p>
      <p class="row">
        <button type="button" class="primary" onClick={() => close('results')}>
          See the results
        </button>
        <button type="button" onClick={() => close('plan')}>
          See the plan
        </button>
        <button type="button" class="link" onClick={() => close()}>
          Close
        </button>
      </p>
    </aside>
  );
}
