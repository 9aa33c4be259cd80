import type { Plan } from '../../../solver/documents/plan.ts';

/** The variants, batches and replicas of a plan, e.g. `n b2 ×1 → s b4 ×2`. */
export const choiceText = ({ stages }: Plan): string =>
  stages.map(({ variant, batch, replicas }) => `${variant} b${batch} ×${replicas}`).join(' → ');

/** Describes a change of plan in one line. */
export const planChangeText = (before: Plan, after: Plan): string =>
  `${choiceText(before)} became ${choiceText(after)}, for ${+after.ratePerS.toFixed(2)} requests/s within ` +
  `${after.slaMs} ms; PAS ${after.predicted.pas.toFixed(3)}, cost ${after.predicted.cost.toFixed(2)}`;
