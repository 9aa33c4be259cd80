import type { Plan } from '../documents/plan.ts';
import type { CascadeOutcome, RunReport, StandbyOutcome } from '../documents/run-report.ts';
import { sum } from '../math/statistics.ts';

/** A batch of a run, or all batches of one row. */
export interface Ran {
  readonly stage: string;
  readonly variant: string;
  readonly items: number;
  /** Set if the standby of a planned variant ran the items: the name of the planned variant. */
  readonly standby?: string;
  /** Set for a cascade's light variant: the heavy variant, the threshold, and how many of the items escalated. */
  readonly cascade?: { readonly heavy: string; readonly below: number; readonly escalated: number };
}

/**
 * Number of a stage's items that settled while a plan served: in a burst, the light variant's answer stood for items that were to
 * escalate.
 */
export interface Settled {
  readonly stage: string;
  readonly plan: Plan;
  readonly items: number;
}

const itemsOf = (all: readonly Pick<Ran, 'items'>[]): number => sum(all.map(({ items }) => items));

/** The outcomes of the cascades and standbys of a run's plans. A plan that served twice counts once. */
export const outcomesOf = (
  plans: readonly Plan[],
  ran: readonly Ran[],
  settled: readonly Settled[],
): Required<Pick<RunReport, 'cascades' | 'standbys'>> => ({
  cascades: cascadesOf(plans, ran, settled),
  standbys: standbysOf(plans, ran),
});

function cascadesOf(
  plans: readonly Plan[],
  ran: readonly Ran[],
  settled: readonly Settled[],
): CascadeOutcome[] {
  const found = new Map<string, CascadeOutcome>();
  for (const plan of plans)
    for (const [i, { variant: heavy, escalation }] of plan.stages.entries()) {
      if (!escalation) continue;
      const { from: stage, below, share, accuracy } = escalation;
      const { variant: light, accuracy: lightAccuracy } = plan.stages[i - 1]!;
      const own = ran.filter(
        (one) =>
          one.stage === stage &&
          one.variant === light &&
          one.cascade?.heavy === heavy &&
          one.cascade.below === below,
      );
      const servedIn = ({ stages }: Plan) =>
        stages.some(
          (row, r) =>
            row.escalation?.from === stage &&
            row.escalation.below === below &&
            row.variant === heavy &&
            stages[r - 1]!.variant === light,
        );
      found.set([stage, light, heavy, below].join('/'), {
        ...{ stage, light, heavy, below, items: itemsOf(own) },
        escalated: sum(own.map(({ cascade }) => cascade!.escalated)),
        predictedShare: share,
        ...(lightAccuracy !== null && { expected: { accuracy, lightAccuracy } }),
        settled: itemsOf(settled.filter((one) => one.stage === stage && servedIn(one.plan))),
      });
    }
  return [...found.values()];
}

function standbysOf(plans: readonly Plan[], ran: readonly Ran[]): StandbyOutcome[] {
  const found = new Map<string, StandbyOutcome>();
  for (const plan of plans)
    for (const { name: stage, variant, accuracy, standby } of plan.stages) {
      if (!standby) continue;
      const own = (by: string, insteadOf?: string) =>
        itemsOf(ran.filter((one) => one.stage === stage && one.variant === by && one.standby === insteadOf));
      const downshifted = own(standby.variant, variant);
      found.set([stage, variant, standby.variant].join('/'), {
        ...{ stage, variant, accuracy: accuracy ?? 1 },
        standby: standby.variant,
        standbyAccuracy: standby.accuracy,
        items: own(variant) + downshifted,
        downshifted,
      });
    }
  return [...found.values()];
}
