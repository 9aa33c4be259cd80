import { checked, problem, ready, store } from '../../state/app.ts';

/** The most important thing that this browser or machine lacks, with its remedy; the other checks are folded away. */
export function Obstacle() {
  const worst = worstOf();
  return (
    <p class="obstacle">
      {worst && (
        <>
          <span class={`mark ${worst.state}`} aria-hidden="true">
            !
          </span>{' '}
          <strong>{worst.what}</strong> {worst.remedy} <a href="#device">All checks of this device</a>
        </>
      )}
    </p>
  );
}

function worstOf() {
  if (ready.value && !store.value && !problem.value)
    return {
      state: 'bad',
      what: 'This browser saves nothing here, so nothing can be measured.',
      remedy: 'Open this page outside of a private window.',
    };
  const checks = checked.value?.checks ?? [];
  const found = checks.find(({ state }) => state === 'bad') ?? checks.find(({ state }) => state === 'warn');
  return found && { state: found.state, what: found.problem, remedy: found.remedy };
}
