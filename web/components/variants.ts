import type { Plan } from '../../solver/documents/plan.ts';
import { planVariants } from '../../solver/report/cascade-text.ts';

/** Variants by the names of their stages; the two of a cascade are one text. */
export type Variants = Readonly<Record<string, string>>;

export const variantsOf = ({ stages }: Pick<Plan, 'stages'>): Variants => planVariants(stages);

/** The names of a plan's stages, without the rows of heavy variants. */
export const stagesOf = ({ stages }: Pick<Plan, 'stages'>): string[] =>
  stages.filter(({ escalation }) => !escalation).map(({ name }) => name);

export const sameVariants = (a: Variants, b: Variants): boolean =>
  Object.keys({ ...a, ...b }).every((stage) => a[stage] === b[stage]);
