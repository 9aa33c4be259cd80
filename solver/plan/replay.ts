import type { PathAnswers } from '../documents/answers.ts';
import type { Plan } from '../documents/plan.ts';
import { type EndToEnd, type Profile, packItemScores } from '../documents/profile.ts';
import { areOf, packFlow, pathOf } from '../simulate/fanout.ts';

/** Earned and possible points of a request. */
type Points = readonly [earned: number, possible: number];

/** Accuracy of the whole pipeline on the pack with a plan's variants; null if the profile has too few answers to compute it. */
export function endToEndOf(profile: Profile, rows: Plan['stages']): number | null {
  if (!rows.some(({ escalation }) => escalation)) {
    const chosen = Object.fromEntries(rows.map(({ name, variant }) => [name, variant]));
    return measuredWith(profile, chosen)?.value ?? null;
  }
  const points = replayed(profile, rows);
  const total = (of: 0 | 1) => points!.reduce((sum, one) => sum + one[of], 0);
  return points && total(1) > 0 ? Math.max(0, total(0) / total(1)) : null;
}

/**
 * Replays the pack with a plan that has cascades: each item gets the measured answer of the variant that the light variant's
 * confidence selects. Null if the profile has too few answers.
 * @returns the points of each pack item
 */
function replayed(profile: Profile, rows: Plan['stages']): readonly Points[] | null {
  const flow = packFlow(profile, rows);
  const light = rows.findLast(({ escalation }) => !escalation)!;
  const last = rows.at(-1)!;
  const all: Points[] = [];
  for (let packItem = 0; packItem < (profile.endToEnd[0]?.n ?? 0); packItem++) {
    const stages = flow(packItem);
    // The profile does not say which items of the next stage come from which item, so an earlier stage must escalate all or none.
    if (stages.slice(0, -1).some(({ escalated }) => new Set(escalated).size > 1)) return null;
    const { upstream, before, escalated } = stages.at(-1)!;
    const measured = measuredWith(profile, { ...upstream, [light.name]: light.variant });
    const own = measured && packItemScores(measured)[packItem];
    if (!own) return null;
    let [earned] = own;
    if (escalated.includes(true)) {
      const [from, to] = [pathOf(profile, light, upstream), pathOf(profile, last, upstream)];
      if (!from?.earned || !to?.earned) return null;
      for (const [i, heavy] of escalated.entries()) if (heavy) earned += gained(from, to, before + i);
      if (Number.isNaN(earned)) return null; // The profile has too few answers.
    }
    all.push([earned, own[1]]);
  }
  return all.length > 0 ? all : null;
}

const gained = (from: PathAnswers, to: PathAnswers, item: number): number =>
  to.earned![item]! - from.earned![item]!;

const measuredWith = (
  { endToEnd }: Pick<Profile, 'endToEnd'>,
  chosen: Readonly<Record<string, string>>,
): EndToEnd | undefined => endToEnd.find(({ variants }) => areOf(chosen, variants));
