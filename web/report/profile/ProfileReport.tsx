import type { Plan } from '../../../solver/documents/plan.ts';
import { backendsOf, type Profile } from '../../../solver/documents/profile.ts';
import type { ProfileReport as ReportDocument } from '../../../solver/documents/report.ts';
import { variantSentences } from '../../../solver/report/cascade-text.ts';
import { sharingSentences } from '../../../solver/report/sharing-text.ts';
import { StageBudget } from '../../charts/StageBudget.tsx';
import { onSoftwareGpu } from '../../components/backends.ts';
import { costText } from '../../components/cost.ts';
import { DeviceFacts, Facts, SoftwareNotice } from '../../components/Device.tsx';
import { FrontierParts } from '../../components/FrontierParts.tsx';
import { date, inTimeText, milliseconds, number, percent, requestRate } from '../../components/format.ts';
import { PlanTable } from '../../components/PlanTable.tsx';
import { Sentences } from '../../components/Term.tsx';
import { variantsText } from '../../components/variants.ts';
import { VerdictCard } from '../../components/verdict/VerdictCard.tsx';
import { planVerdict } from '../../components/verdict/verdict.ts';
import { Measurements } from '../parts/Measurements.tsx';
import { Title } from '../parts/Title.tsx';

/** Report of a profile and its plan, before any run. */
export function ProfileReport({ report, json }: { readonly report: ReportDocument; readonly json: string }) {
  const { profile, plan, frontier, frontierWithoutCascades = [] } = report;
  return (
    <>
      <header class="top">
        <Title name={profile.pipeline} json={json} />
        {onSoftwareGpu(profile.device, backendsOf(profile)) && <SoftwareNotice />}
        <Facts
          facts={[
            ['Measured', date(profile.createdAt)],
            ['Seed of the order', String(profile.settings.seed)],
          ]}
        />
        <DeviceFacts device={profile.device} />
      </header>
      <main>
        {plan && (
          <Planned plan={plan} frontier={frontier} without={frontierWithoutCascades} profile={profile} />
        )}
        <Measurements profile={profile} />
      </main>
    </>
  );
}

interface PlannedProps {
  readonly plan: Plan;
  readonly frontier: ReportDocument['frontier'];
  readonly without: ReportDocument['frontier'];
  readonly profile: Profile;
}

function Planned({ plan, frontier, without, profile }: PlannedProps) {
  const { predicted, slaMs, percentile, ratePerS } = plan;
  return (
    <section id="plan">
      <h2>Plan</h2>
      <VerdictCard verdict={planVerdict(plan, profile)} linked={false} />
      <p>
        <strong>{variantsText(plan)}</strong> is predicted to complete {inTimeText(predicted.slaAttainment)}{' '}
        of {requestRate(ratePerS)} within {number(slaMs)} ms. Nothing ran: these figures are simulated.
      </p>
      <Facts
        facts={[
          ['SLA', `p${percentile} ≤ ${number(slaMs)} ms`],
          ['p95', milliseconds(predicted.latencyMs?.p95 ?? null)],
          ['Accuracy, end to end', percent(predicted.endToEnd)],
          ['PAS', percent(predicted.pas)],
          ['Cost', costText(predicted.cost, plan)],
        ]}
      />
      <div class="tiles start panels plans">
        <StageBudget title="Time for each stage, without queues" plans={[{ name: 'plan', plan }]} />
        <PlanTable caption="The plan" plans={[{ name: 'plan', plan }]} />
      </div>
      <Sentences of={[...variantSentences(plan.stages), ...sharingSentences(plan)]} />
      {frontier.length > 0 && (
        <div class="stack">
          <FrontierParts
            points={frontier}
            without={without}
            plan={{ stages: plan.stages, cost: predicted.cost, pas: predicted.pas }}
            slaMs={slaMs}
            prices={plan.resources}
          />
        </div>
      )}
    </section>
  );
}
