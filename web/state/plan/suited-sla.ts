import type { Profile } from '../../../solver/documents/profile.ts';
import { delayAtMs } from '../../../solver/plan/delays.ts';
import { slaByRule } from '../../../solver/plan/sla.ts';

/** Drawing a run keeps the page's thread for this long at most, as a rule. A request that is due meanwhile is sent late. */
const DRAWING_MS = 50;

/**
 * A default SLA with which a run in the page is valid on the profile's device: by the rule late sending does not show in the p95, and
 * a request is in time although it waited for a drawing, or as long for the thread as all but one of 100 do.
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
