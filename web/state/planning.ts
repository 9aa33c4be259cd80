import { effect, signal } from '@preact/signals';
import type { PlanAsk } from '../../solver/defaults.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { FrontierTooLargeError, InfeasiblePlanError } from '../../solver/errors.ts';
import { slaByRule } from '../../solver/sla.ts';
import { frontier, plan } from '../../workers/planner/browser.ts';
import { attempt, profile } from './app.ts';

export type PlanResult =
  | {
      readonly state: 'planned';
      readonly plan: Plan;
      readonly frontier: readonly FrontierPoint[] | FrontierTooLargeError;
    }
  | { readonly state: 'none'; readonly why: InfeasiblePlanError };

export const question = signal<PlanAsk>({ slaMs: 100, ratePerS: 5 });
export const result = signal<PlanResult | null>(null);
export const solving = signal(false);

/** A profile that is opened brings an SLA that suits its device. */
effect(() => {
  const source = profile.value;
  result.value = null;
  if (source) question.value = { slaMs: suitedSla(source), ratePerS: question.peek().ratePerS };
});

effect(() => {
  const { slaMs, ratePerS } = question.value;
  if (profile.value && slaMs > 0 && ratePerS > 0) void solveLatest();
});

async function solve(source: Profile, asked: PlanAsk): Promise<PlanResult> {
  try {
    return {
      state: 'planned',
      plan: await plan(source, asked),
      frontier: await frontier(source, asked).catch((error) => {
        if (error instanceof FrontierTooLargeError) return error;
        throw error;
      }),
    };
  } catch (error) {
    if (error instanceof InfeasiblePlanError) return { state: 'none', why: error };
    throw error;
  }
}

/** One at a time: while it solves, only the newest question waits. */
async function solveLatest(): Promise<void> {
  if (solving.peek()) return;
  solving.value = true;
  await attempt(async () => {
    let source: Profile | null;
    let asked: PlanAsk;
    do {
      source = profile.peek();
      asked = question.peek();
      const answer = source && (await solve(source, asked));
      if (source === profile.peek()) result.value = answer;
    } while (source !== profile.peek() || asked !== question.peek());
  });
  solving.value = false;
}

function suitedSla({ settings, cells, stages, fanOut }: Profile): number {
  const names = stages.map((stage) => stage.name);
  return Math.ceil(settings.slaMs ?? slaByRule(cells, names, fanOut));
}
