import { type Plan, type PlanStage, stageRows } from '../../solver/documents/plan.ts';
import { planVariants } from '../../solver/report/cascade-text.ts';
import { chain } from './format.ts';

/** Variants by the names of their stages; the two of a cascade are one text. */
export type Variants = Readonly<Record<string, string>>;

/** The names of a plan's stages, without the rows of heavy variants. */
export const stagesOf = ({ stages }: Pick<Plan, 'stages'>): string[] =>
  stageRows(stages).map(({ name }) => name);

/** The variants of a plan in the stages' order: `det16 → res16`. */
export const variantsText = (plan: Pick<Plan, 'stages'>): string =>
  chain(planVariants(plan.stages), stagesOf(plan));

export const sameVariants = (a: Variants, b: Variants): boolean =>
  Object.keys({ ...a, ...b }).every((stage) => a[stage] === b[stage]);

/**
 * The name of a plan's row. A cascade's row of the heavy variant is named `(second)` and not for its size, because the second
 * model need not be the larger one.
 */
export const rowName = ({ name, escalation }: Pick<PlanStage, 'name' | 'escalation'>): string =>
  escalation ? `${escalation.from} (second)` : name;
