import type { Plan } from '../../../solver/documents/plan.ts';
import { requestsPerS, slaText } from '../../../solver/math/figures.ts';
import { pasText } from '../../../solver/report/accuracy-unknown.ts';
import { choiceText } from '../../../solver/report/choice-text.ts';
import { correctionText } from '../../../solver/report/correction-text.ts';

/** Describes a change of plan in one line. */
export function planChangeText(before: Plan, after: Plan): string {
  const [was, is] = [choiceText(before), choiceText(after)];
  const [corrected, now] = [correctionText(before), correctionText(after)];
  const change = was === is ? `${is} stays` : `${was} became ${is}`;
  return (
    `${change}, for ${requestsPerS(after.ratePerS)} within ${slaText(after.slaMs)}; ${pasText(after.predicted.pas)}, ` +
    `cost ${after.predicted.cost.toFixed(2)}${corrected === now ? '' : `; in service: ${now || 'as in the profile'}`}`
  );
}
