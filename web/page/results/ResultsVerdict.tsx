import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import { VerdictCard } from '../../components/verdict/VerdictCard.tsx';
import { noPlanVerdict, planVerdict, runVerdict, type Verdict } from '../../components/verdict/verdict.ts';
import { noPlan, plan } from '../../state/plan/planning.ts';
import { lastRun } from '../../state/try/last-run.ts';

/**
 * The verdict on the opened profile: on the last run of the current plan or, if that plan has not run, on the plan. If there can
 * be no plan, the verdict says why.
 */
export function ResultsVerdict({ of }: { readonly of: IdentifiedProfile }) {
  const verdict = verdictOn(of);
  return <div class="results-verdict">{verdict && <VerdictCard verdict={verdict} linked />}</div>;
}

/** The verdict; null while the page makes a plan, unless the last run was of a plan from this profile. */
function verdictOn({ profile }: IdentifiedProfile): Verdict | null {
  if (noPlan.value) return noPlanVerdict(noPlan.value);
  if (lastRun.value) return runVerdict(lastRun.value, profile);
  return plan.value && planVerdict(plan.value, profile);
}
