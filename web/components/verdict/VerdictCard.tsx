import { useId } from 'preact/hooks';
import { inTimeText } from '../format.ts';
import type { Verdict } from './verdict.ts';
import './verdict.css';

interface VerdictCardProps {
  readonly verdict: Verdict;
  /** Whether the next step's section is on this page. */
  readonly linked: boolean;
}

/** A verdict as a card: how many requests are in time, the verdict in a sentence, the reasons, and the next step. */
export function VerdictCard({
  verdict: { level, inTime, headline, reasons, next },
  linked,
}: VerdictCardProps) {
  const title = useId();
  return (
    <article class={`card edged verdict-card ${level}`} aria-labelledby={title}>
      <Gauge level={level} inTime={inTime} />
      <div>
        <h3 id={title}>{headline}</h3>
        <ol>
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ol>
        {/* After a good verdict only the page has a next step: to try the plan, or to save files. */}
        {(linked || level !== 'good') && (
          <p>
            <strong>Next:</strong> {linked ? <a href={`#${next.section}`}>{next.text}</a> : next.text}
          </p>
        )}
      </div>
    </article>
  );
}

const RADIUS = 34;
const LENGTH = 2 * Math.PI * RADIUS;
const MARKS: Readonly<Record<Verdict['level'], string>> = { good: '✓', warn: '!', bad: '✗' };

/** A ring, filled by the share of requests that are in time. */
function Gauge({ level, inTime }: Pick<Verdict, 'level' | 'inTime'>) {
  return (
    <div class="gauge middle small">
      <svg viewBox="0 0 80 80" width="80" height="80" aria-hidden="true">
        <g fill="none" stroke-width="7" transform="rotate(-90 40 40)">
          <circle cx="40" cy="40" r={RADIUS} stroke="var(--raised)" />
          <circle
            cx="40"
            cy="40"
            r={RADIUS}
            stroke="var(--tone)"
            stroke-dasharray={`${(inTime ?? 0) * LENGTH} ${LENGTH}`}
          />
        </g>
      </svg>
      <strong class="middle">{inTime === null ? MARKS[level] : inTimeText(inTime, 0)}</strong>
      <span class="muted">{inTime === null ? 'no figure' : 'in time'}</span>
    </div>
  );
}
