import type { Plan } from '../../solver/documents/plan.ts';

/** Variants by the names of their stages. */
export type Variants = Readonly<Record<string, string>>;

export const variantsOf = ({ stages }: Pick<Plan, 'stages'>): Variants =>
  Object.fromEntries(stages.map((stage) => [stage.name, stage.variant]));

export const sameVariants = (a: Variants, b: Variants): boolean =>
  Object.keys({ ...a, ...b }).every((stage) => a[stage] === b[stage]);
