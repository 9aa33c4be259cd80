import type { PathAnswers } from '../documents/answers.ts';
import type { Plan, PlanStage } from '../documents/plan.ts';
import { type EndToEnd, type Profile, packItemScores } from '../documents/profile.ts';
import { areOf, packFlow, pathOf } from '../simulate/fanout.ts';

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
 * confidence selects. Null if the profile does not tell the points of each pack item.
 * @returns the points of each pack item
 */
function replayed(profile: Profile, rows: Plan['stages']): readonly Points[] | null {
  const flow = packFlow(profile, rows);
  const all: Points[] = [];
  for (let packItem = 0; packItem < (profile.endToEnd[0]?.n ?? 0); packItem++) {
    const points = replayedItem(profile, rows, packItem, flow(packItem));
    if (!points) return null;
    all.push(points);
  }
  return all.length > 0 ? all : null;
}

function replayedItem(
  profile: Profile,
  rows: Plan['stages'],
  packItem: number,
  stages: ReturnType<ReturnType<typeof packFlow>>,
): Points | null {
  // The profile does not say which items of the next stage come from which item, so an earlier stage must escalate all or none.
  if (stages.slice(0, -1).some(({ escalated }) => new Set(escalated).size > 1)) return null;
  const light = rows.findLast(({ escalation }) => !escalation)!;
  const last = rows.at(-1)!;
  const { upstream, before, escalated } = stages.at(-1)!;
  const pointsWith = ({ variant }: PlanStage): Points | undefined => {
    const measured = measuredWith(profile, { ...upstream, [light.name]: variant });
    return measured && packItemScores(measured)[packItem];
  };
  const own = pointsWith(light);
  if (!own) return null;
  if (!escalated.includes(true)) return own;
  const heavy = pointsWith(last);
  if (heavy && !escalated.includes(false)) return heavy;
  // For F1, the possible points depend on the answers, and the profile does not have those of each answer.
  if (heavy && heavy[1] !== own[1]) return null;
  const [from, to] = [pathOf(profile, light, upstream), pathOf(profile, last, upstream)];
  if (!from?.earned || !to?.earned) return null;
  let [earned] = own;
  for (const [i, goesOn] of escalated.entries()) if (goesOn) earned += gained(from, to, before + i);
  return Number.isNaN(earned) ? null : [earned, own[1]]; // NaN: the profile has too few answers.
}

const gained = (from: PathAnswers, to: PathAnswers, item: number): number =>
  to.earned![item]! - from.earned![item]!;

const measuredWith = (
  { endToEnd }: Pick<Profile, 'endToEnd'>,
  chosen: Readonly<Record<string, string>>,
): EndToEnd | undefined => endToEnd.find(({ variants }) => areOf(chosen, variants));
