import { checked, whyUnsaved } from '../../state/app.ts';
import { running } from '../../state/measure/profiling.ts';

/** The worst problem of this browser or machine, with its remedy. The user can measure all the same. */
export function Obstacle() {
  const worst = worstOf();
  return (
    <p class="obstacle">
      {worst && (
        <>
          <span class={`mark ${worst.state}`} aria-hidden="true">
            !
          </span>
          <strong>{worst.what}</strong> {!running.value && 'You can start all the same. '}
          {worst.remedy} <a href="#device">All checks</a>
        </>
      )}
    </p>
  );
}

function worstOf() {
  if (whyUnsaved.value !== null)
    return {
      state: 'bad',
      what: 'Profiles last until this page is closed.',
      remedy: `${whyUnsaved.value} Save them as files under Share before you close it.`,
    };
  const checks = checked.value?.checks ?? [];
  const found = checks.find(({ state }) => state === 'bad') ?? checks.find(({ state }) => state === 'warn');
  return found && { state: found.state, what: found.problem, remedy: found.remedy };
}
