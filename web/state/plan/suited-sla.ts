import type { Profile } from '../../../solver/documents/profile.ts';
import { delayAtMs } from '../../../solver/plan/delays.ts';
import { slaByRule } from '../../../solver/plan/sla.ts';

/** Drawing a run usually blocks the page for at most this many milliseconds. Requests that are due meanwhile are sent late. */
const DRAWING_MS = 50;

/**
 * The default SLA for a profile: the SLA that it was measured for or, without one, an SLA with which a run in the page can be
 * valid on the profile's device. {@link slaByRule} makes it so long that late sending does not show in the p95. This SLA also
 * leaves a request enough time to wait for a drawing, or for the p99 of the measured lateness.
 */
export function suitedSla({ settings, cells, stages, fanOut, coRun }: Profile): number {
  const names = stages.map((stage) => stage.name);
  const lateMs = coRun.flatMap((entry) =>
    'lateness' in entry && entry.lateness ? delayAtMs(entry.lateness, 99) : [],
  );
  const answerMs = slaByRule(cells, names, fanOut);
  return Math.ceil(
    settings.slaMs ??
      Math.max(slaByRule(cells, names, fanOut, coRun), answerMs + Math.max(DRAWING_MS, ...lateMs)),
  );
}
