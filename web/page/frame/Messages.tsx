import { useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { problem, told } from '../../state/app.ts';
import { closeTold } from '../../state/go-to.ts';
import { trying } from '../../state/try/trying.ts';
import { CloseButton } from '../controls/CloseButton.tsx';
import { Done } from './Done.tsx';

/** Links to the sections that show what was measured or opened. */
const TO_SHOWN = /^#(results|plan|try)$/;

/**
 * Messages about the last action, at the bottom of the window, where they cover no heading that a link leads to. A message that
 * is no error closes when the user goes on to a section that shows the message's subject, or starts a run. Escape closes all
 * messages from anywhere, because their buttons come after everything else in the order of Tab.
 */
export function Messages() {
  useEffect(() => {
    const follow = ({ target }: MouseEvent) => {
      if (TO_SHOWN.test((target as Element).closest('a')?.hash ?? '')) closeTold();
    };
    const end = new AbortController();
    const { signal } = end;
    document.addEventListener('click', follow, { signal });
    document.addEventListener('keydown', closeByEscape, { signal });
    return () => end.abort();
  }, []);
  useSignalEffect(() => {
    if (trying.value) closeTold();
  });
  return (
    <div class="messages" tabIndex={-1}>
      <Problem />
      <div role="status">
        <Told />
      </div>
      <Done />
    </div>
  );
}

function closeByEscape({ key, defaultPrevented }: KeyboardEvent): void {
  // The first Escape closes an open explanation alone.
  if (key !== 'Escape' || defaultPrevented || document.querySelector(':popover-open')) return;
  document.activeElement?.closest<HTMLElement>('.messages')?.focus({ preventScroll: true });
  closeTold();
  problem.value = null;
}

/** The last error, shown until the user closes it or starts another action. */
function Problem() {
  if (!problem.value) return null;
  return (
    <div class="row start apart problem page-problem">
      <p role="alert">{problem.value}</p>
      <CloseButton of={problem} />
    </div>
  );
}

function Told() {
  if (!told.value) return null;
  return (
    <div class="card edged note row start apart told">
      <p>{told.value}</p>
      <CloseButton class="link" of={told} />
    </div>
  );
}
