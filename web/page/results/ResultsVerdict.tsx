import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import { VerdictCard } from '../../components/verdict/VerdictCard.tsx';
import { noPlanVerdict, planVerdict, runVerdict, type Verdict } from '../../components/verdict/verdict.ts';
import { isFresh, plan, solved } from '../../state/plan/planning.ts';
import { tried } from '../../state/try/trying.ts';

/** The verdict on the opened profile: of its last run or, if there is none, of its plan. */
export function ResultsVerdict({ of }: { readonly of: IdentifiedProfile }) {
  const verdict = verdictOn(of);
  return <div class="results-verdict">{verdict && <VerdictCard verdict={verdict} linked />}</div>;
}

/** Null while the plan is being made. */
function verdictOn({ profile, sha256 }: IdentifiedProfile): Verdict | null {
  const run = tried.value;
  if (run?.plans[0]?.plan.profile.sha256 === sha256) return runVerdict(run, profile);
  if (plan.value) return planVerdict(plan.value, profile);
  const found = solved.value;
  return isFresh(found) && found!.answer instanceof Error ? noPlanVerdict(found!.answer) : null;
}
