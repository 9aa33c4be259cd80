import { SoftwareNotice } from '../../components/Device.tsx';
import { checked } from '../../state/app.ts';
import { offline } from '../../state/device/offline.ts';
import { type Check, type CheckState, offlineCheck } from '../../state/device/preflight.ts';
import './device.css';
import { Section } from '../frame/Section.tsx';

const MARKS: Record<CheckState, string> = { good: '✓', warn: '!', bad: '✗', note: '·' };
const WORDS: Record<CheckState, string> = { good: 'good', warn: 'warning', bad: 'problem', note: 'note' };

/** The section "This device": capabilities of the browser, with a remedy for each missing one. */
export function PreflightSection() {
  const found = checked.value;
  const checks = [...(found?.checks ?? []), ...(offline.value ? [offlineCheck(offline.value)] : [])];
  const withRemedy = checks.filter((check) => check.remedy);
  return (
    <Section
      id="device"
      title="This device"
      lead="What this browser and machine can do, and how to mend what they cannot."
      busy={!found}
    >
      {found?.adapter?.software && <SoftwareNotice />}
      <ul class="checks card">
        {checks.map((check) => (
          <CheckItem key={check.label} check={check} />
        ))}
      </ul>
      <ul class="notes">
        {withRemedy.map(({ label, state, remedy }) => (
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
