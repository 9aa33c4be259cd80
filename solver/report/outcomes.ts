import type { Plan } from '../documents/plan.ts';
import type { CascadeOutcome, RunReport, StandbyOutcome } from '../documents/run-report.ts';
import { getOrMake } from '../math/maps.ts';
import { downshiftFactor } from './downshift.ts';
import type { TimedPas } from './over-time.ts';

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
 * How many items of a stage settled while a plan served. An item settles if it was to escalate, but in a burst keeps the light
 * variant's answer.
 */
export interface SettledItems {
  readonly stage: string;
  readonly plan: Plan;
  readonly items: number;
}

/** Numbers of items, added up by key in one pass, because a long run has thousands of plans and many more batches. */
class Totals {
  readonly #items = new Map<string, number>();

  add(items: number, ...key: readonly unknown[]): void {
    this.#items.set(JSON.stringify(key), this.of(...key) + items);
  }

  of(...key: readonly unknown[]): number {
    return this.#items.get(JSON.stringify(key)) ?? 0;
  }
}

/** The outcomes of the cascades and standbys of a run's plans. A plan that served twice counts once. */
export const outcomesOf = (
  plans: readonly Plan[],
  ran: readonly Ran[],
  settled: readonly SettledItems[],
): Required<Pick<RunReport, 'cascades' | 'standbys'>> => ({
  cascades: cascadesOf(plans, ran, settled),
  standbys: standbysOf(plans, ran),
});

/** What ran while a plan served. */
export interface RanInPlan extends Ran {
  readonly plan: Plan;
}

/** The PAS of a run's plans, each reduced by the accuracy that downshifts cost while it served. */
export function pasInService(
  plans: RunReport['plans'],
  ran: readonly RanInPlan[],
  settled: readonly SettledItems[],
): TimedPas[] {
  const byPlan = new Map<Plan, { ran: Ran[]; settled: SettledItems[] }>();
  const of = (plan: Plan) => getOrMake(byPlan, plan, () => ({ ran: [], settled: [] }));
  for (const one of ran) of(one.plan).ran.push(one);
  for (const one of settled) of(one.plan).settled.push(one);
  return plans.map(({ atMs, plan }) => {
    const { pas } = plan.predicted;
    const own = of(plan);
    return { atMs, value: pas && pas * downshiftFactor(outcomesOf([plan], own.ran, own.settled)) };
  });
}

function cascadesOf(
  plans: readonly Plan[],
  ran: readonly Ran[],
  settled: readonly SettledItems[],
): CascadeOutcome[] {
  const [answered, escalated, stood] = [new Totals(), new Totals(), new Totals()];
  for (const { stage, variant, items, cascade } of ran) {
    if (!cascade) continue;
    const key = [stage, variant, cascade.heavy, cascade.below];
    answered.add(items, ...key);
    escalated.add(cascade.escalated, ...key);
  }
  for (const { stage, plan, items } of settled) {
    const heavy = plan.stages.findIndex(({ escalation }) => escalation?.from === stage);
    if (heavy < 0) continue;
    const { variant, escalation } = plan.stages[heavy]!;
    stood.add(items, stage, plan.stages[heavy - 1]!.variant, variant, escalation!.below);
  }
  const found = new Map<string, CascadeOutcome>();
  for (const plan of plans)
    for (const [i, { variant: heavy, escalation }] of plan.stages.entries()) {
      if (!escalation) continue;
      const { from: stage, below, share, accuracy } = escalation;
      const { variant: light, accuracy: lightAccuracy } = plan.stages[i - 1]!;
      const key = [stage, light, heavy, below];
      found.set(key.join('/'), {
        ...{ stage, light, heavy, below, items: answered.of(...key) },
        escalated: escalated.of(...key),
        predictedShare: share,
        ...(lightAccuracy !== null && { expected: { accuracy, lightAccuracy } }),
        settled: stood.of(...key),
      });
    }
  return [...found.values()];
}

function standbysOf(plans: readonly Plan[], ran: readonly Ran[]): StandbyOutcome[] {
  const answered = new Totals();
  for (const { stage, variant, items, standby } of ran) answered.add(items, stage, variant, standby);
  const found = new Map<string, StandbyOutcome>();
  for (const plan of plans)
    for (const { name: stage, variant, accuracy, standby } of plan.stages) {
      if (!standby) continue;
      const downshifted = answered.of(stage, standby.variant, variant);
      found.set([stage, variant, standby.variant].join('/'), {
        ...{ stage, variant, accuracy: accuracy ?? 1 },
        standby: standby.variant,
        standbyAccuracy: standby.accuracy,
        items: answered.of(stage, variant, undefined) + downshifted,
        downshifted,
      });
    }
  return [...found.values()];
}
