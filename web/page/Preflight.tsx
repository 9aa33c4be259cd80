import type { Check, CheckState } from '../preflight.ts';
import { checked } from '../state/app.ts';

const MARKS: Record<CheckState, string> = { good: '✓', warn: '!', bad: '✗', told: '·' };
const WORDS: Record<CheckState, string> = { good: 'good', warn: 'warning', bad: 'problem', told: 'note' };

/** What this browser can do, with what to do about what it cannot. */
export function PreflightSection() {
  const found = checked.value;
  const troubles = found?.checks.filter((check) => check.remedy) ?? [];
  return (
    <section aria-busy={!found}>
      <h2>This device</h2>
      <ul class="checks card">
        {found?.checks.map((check) => (
          <CheckItem key={check.label} check={check} />
        ))}
      </ul>
      <ul class="notes">
        {troubles.map(({ label, state, remedy }) => (
          <li key={label}>
            <span class={`mark ${state}`}>{MARKS[state]}</span> <strong>{label}</strong>: {remedy}
          </li>
        ))}
      </ul>
    </section>
  );
}

function CheckItem({ check: { label, state, value } }: { readonly check: Check }) {
  return (
    <li class="check">
      <span class={`mark ${state}`} role="img" aria-label={WORDS[state]}>
        {MARKS[state]}
      </span>
      <span>
        <span class="check-label">{label}</span>
        <span class={`check-value ${state === 'good' ? '' : state}`}>{value}</span>
      </span>
    </li>
  );
}
