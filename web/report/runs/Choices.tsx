import type { Combination } from '../../../solver/documents/report.ts';
import { planVariants } from '../../../solver/report/cascade-text.ts';
import { Frontier } from '../../charts/Frontier.tsx';
import { CascadeGain } from '../../components/CascadeGain.tsx';
import { type Column, DataTable, figures } from '../../components/DataTable.tsx';
import { FrontierTable } from '../../components/FrontierTable.tsx';
import { chain, DASH, inTimeText, milliseconds, number, percent } from '../../components/format.ts';
import { sameVariants, stagesOf } from '../../components/variants.ts';
import { Combinations } from './Combinations.tsx';
import { type BackendSet, lastPlan, planRun } from './view.ts';

/** The alternatives to the plan: every combination of variants, and the frontier of accuracy, cost and latency. */
export function Choices({ sets }: { readonly sets: readonly BackendSet[] }) {
  const listed = sets.some(({ combinations }) => combinations.length > 0);
  return (
    <section id="choices">
      <h2>{listed ? 'Every combination of variants' : 'Accuracy, cost and latency'}</h2>
      {listed && (
        <p class="muted">Each combination at its best batch sizes, simulated at the plan’s arrival rate.</p>
      )}
      {sets.map((set) => (
        <SetChoices key={set.title} set={set} />
      ))}
    </section>
  );
}

function SetChoices({ set }: { readonly set: BackendSet }) {
  const { title, combinations, frontier, frontierWithoutCascades: without, runs } = set;
  const stages = stagesOf(lastPlan(runs[0]!));
  const run = planRun(set);
  const pas = run ? run.predicted.pas : 0;
  const chosen = run && pas !== null ? { cost: run.predicted.cost, accuracy: pas } : null;
  const isChosen = ({ variants }: Pick<Combination, 'variants'>): boolean =>
    run !== undefined && sameVariants(planVariants(lastPlan(run).stages), variants);
  return (
    <div>
      <div class="tiles panels">
        {combinations.length > 0 && pas !== null && (
          <Combinations
            title={`Combinations, ${title}`}
            combinations={combinations}
            stages={stages}
            named={runs.map((one) => ({ name: one.name, variants: planVariants(lastPlan(one).stages) }))}
          />
        )}
        {frontier.length > 0 && run && chosen && (
          <Frontier
            title={`Accuracy for cost, ${title}`}
            points={frontier}
            without={without}
            stages={stages}
            slaMs={run.slaMs}
            chosen={chosen}
            prices={run.plans[0]!.plan.resources}
          />
        )}
      </div>
      {combinations.length > 0 && (
        <DataTable
          caption={`Table of combinations, ${title}`}
          columns={combinationColumns(stages)}
          rows={[...combinations].sort((a, b) => (b.pas ?? 0) - (a.pas ?? 0))}
          rowKey={(c) => chain(c.variants, stages)}
          marked={isChosen}
        />
      )}
      <CascadeGain
        caption={`Table of what cascades gain, ${title}`}
        points={frontier}
        without={without}
        stages={stages}
      />
      {frontier.length > 0 && pas !== null && (
        <FrontierTable
          caption={`Table of the best choices, ${title}`}
          points={frontier}
          stages={stages}
          chosen={chosen}
        />
      )}
    </div>
  );
}

const combinationColumns = (stages: readonly string[]): Column<Combination>[] => [
  { label: 'Variants', value: (c) => chain(c.variants, stages) },
  figures('PAS', (c) => c.pas, percent),
  figures('Accuracy', (c) => c.endToEnd, percent),
  figures('On the whole pack', (c) => c.endToEndOnPack, percent),
  figures('Attainment', (c) => c.slaAttainment, inTimeText),
  figures('p95', (c) => c.p95Ms, milliseconds),
  figures('Bound', (c) => c.boundMs, milliseconds),
  figures('Cost', (c) => c.cost, number),
  figures('GPU share', (c) => c.gpuShare, percent),
  { label: 'Batches', value: (c) => stages.map((stage) => c.batches[stage] ?? DASH).join(',\u00a0') },
  { label: 'Feasible', value: (c) => (c.feasible ? 'yes' : (c.binding ?? 'no')) },
];
