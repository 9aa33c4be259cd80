import type { Plan, PlanStage } from '../documents/plan.ts';

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
