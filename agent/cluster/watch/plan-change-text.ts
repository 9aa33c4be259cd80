import type { Plan, PlanStage } from '../../../solver/documents/plan.ts';
import { pasText } from '../../../solver/report/accuracy-unknown.ts';
import { correctionText } from '../../../solver/report/correction-text.ts';

const rowText = ({ variant, batch, replicas }: PlanStage): string => `${variant} b${batch} ×${replicas}`;

/** The variants, batches and replicas of a plan, e.g. `n b2 ×1 → s b4 ×2`, or of a cascade `s b4 ×2, under 0.9 l b1 ×1`. */
export const choiceText = ({ stages }: Plan): string =>
  stages
    .map((row, i) => {
      const { escalation } = row;
      if (escalation) return `, under ${+escalation.below.toPrecision(3)} ${rowText(row)}`;
      return `${i === 0 ? '' : ' → '}${rowText(row)}`;
    })
    .join('');

/** Describes a change of plan in one line. */
export function planChangeText(before: Plan, after: Plan): string {
  const [was, is] = [choiceText(before), choiceText(after)];
  const [corrected, now] = [correctionText(before), correctionText(after)];
  const change = was === is ? `${is} stays` : `${was} became ${is}`;
  return (
    `${change}, for ${+after.ratePerS.toFixed(2)} requests/s within ${after.slaMs} ms; ${pasText(after.predicted.pas)}, ` +
    `cost ${after.predicted.cost.toFixed(2)}${corrected === now ? '' : `; in service: ${now || 'as in the profile'}`}`
  );
}
