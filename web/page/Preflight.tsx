import { SoftwareNotice } from '../components/Device.tsx';
import { checked } from '../state/app.ts';
import { offline } from '../state/offline.ts';
import { type Check, type CheckState, offlineCheck } from '../state/preflight.ts';
import { Section } from './Section.tsx';

const MARKS: Record<CheckState, string> = { good: '✓', warn: '!', bad: '✗', told: '·' };
const WORDS: Record<CheckState, string> = { good: 'good', warn: 'warning', bad: 'problem', told: 'note' };

/** What this browser can do, with what to do about what it cannot. */
export function PreflightSection() {
  const found = checked.value;
  const checks = [...(found?.checks ?? []), ...(offline.value ? [offlineCheck(offline.value)] : [])];
  const troubles = checks.filter((check) => check.remedy);
  return (
    <Section
      id="device"
      title="This device"
      lead="What this browser and machine can do, and what to do about what they cannot."
      busy={!found}
    >
      {found?.adapter?.software && <SoftwareNotice />}
      <ul class="checks card">
        {checks.map((check) => (
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
    </Section>
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
