import { SoftwareNotice } from '../../components/Device.tsx';
import { plural } from '../../components/format.ts';
import { Term } from '../../components/Term.tsx';
import { checked } from '../../state/app.ts';
import { offline } from '../../state/device/offline.ts';
import { type Check, type CheckState, offlineCheck } from '../../state/device/preflight.ts';
import './device.css';

const MARKS: Record<CheckState, string> = { good: '✓', warn: '!', bad: '✗', note: '·' };
const WORDS: Record<CheckState, string> = { good: 'good', warn: 'warning', bad: 'problem', note: 'note' };

/** What this browser and machine can do, with a remedy for each missing capability, folded away. */
export function DeviceFold() {
  const found = checked.value;
  const checks = [...(found?.checks ?? []), ...(offline.value ? [offlineCheck(offline.value)] : [])];
  const withRemedy = checks.filter((check) => check.remedy);
  return (
    <details id="device" class="card" aria-busy={!found}>
      <summary>
        <strong>This device</strong>{' '}
        <span class="muted">
          what this browser and machine can do
          {withRemedy.length > 0 && `, and ${plural(withRemedy.length, 'thing')} to fix`}
        </span>
      </summary>
      {found?.adapter?.software && <SoftwareNotice />}
      <ul class="tiles checks">
        {checks.map((check) => (
          <CheckItem key={check.label} check={check} />
        ))}
      </ul>
      <ul class="notes">
        {withRemedy.map(({ label, state, problem, remedy }) => (
          <li key={label}>
            <span class={`mark ${state}`}>{MARKS[state]}</span> <strong>{label}</strong>: {problem} {remedy}
          </li>
        ))}
      </ul>
    </details>
  );
}

function CheckItem({ check: { label, state, value } }: { readonly check: Check }) {
  return (
    <li class="check">
      <span class={`mark ${state}`} role="img" aria-label={WORDS[state]}>
        {MARKS[state]}
      </span>
      <span>
        <span class="under">
          <Term>{label}</Term>
        </span>
        <span class={state === 'warn' || state === 'bad' ? state : undefined}>{value}</span>
      </span>
    </li>
  );
}
