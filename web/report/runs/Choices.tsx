import type { Combination } from '../../../solver/documents/report.ts';
import { Frontier } from '../../charts/Frontier.tsx';
import { CascadeGain } from '../../components/CascadeGain.tsx';
import { type Column, DataTable, figures } from '../../components/DataTable.tsx';
import { FrontierTable } from '../../components/FrontierTable.tsx';
import { chain, DASH, milliseconds, number, percent } from '../../components/format.ts';
import { variantsOf } from '../../components/variants.ts';
import { Combinations } from './Combinations.tsx';
import { type BackendSet, lastPlan, planRun, runsVariants } from './view.ts';

interface ChoicesProps {
  readonly sets: readonly BackendSet[];
  readonly stages: readonly string[];
}

/** The alternatives to the plan: every combination of variants, and the frontier of accuracy, cost and latency. */
export function Choices({ sets, stages }: ChoicesProps) {
  const listed = sets.some(({ combinations }) => combinations.length > 0);
  return (
    <section id="choices">
      <h2>{listed ? 'Every combination of variants' : 'Accuracy, cost and latency'}</h2>
      <p class="muted">
        {listed && "Each combination at its best batch sizes, simulated at the plan's arrival rate. "}The ring
        marks the plan.
      </p>
      {sets.map((set) => (
        <div key={set.title}>
          <div class="tiles panels">
            <SetCombinations set={set} stages={stages} />
            <SetFrontier set={set} stages={stages} />
          </div>
          {set.combinations.length > 0 && (
            <DataTable
              caption={`Table of combinations, ${set.title}`}
              columns={combinationColumns(stages)}
              rows={[...set.combinations].sort((a, b) => b.pas - a.pas)}
              rowKey={(c) => chain(c.variants, stages)}
              marked={(c) => isChosen(set, c)}
            />
          )}
          <CascadeGain
            caption={`Table of what cascades gain, ${set.title}`}
            points={set.frontier}
            without={set.frontierWithoutCascades}
            stages={stages}
          />
          {set.frontier.length > 0 && (
            <FrontierTable
              caption={`Table of the best choices, ${set.title}`}
              points={set.frontier}
              stages={stages}
              marked={(point) => isChosen(set, point)}
            />
          )}
        </div>
      ))}
    </section>
  );
}

function isChosen(set: BackendSet, { variants }: Pick<Combination, 'variants'>): boolean {
  const run = planRun(set);
  return run !== undefined && runsVariants(run, variants);
}

function SetCombinations({ set, stages }: { readonly set: BackendSet; readonly stages: readonly string[] }) {
  if (set.combinations.length === 0) return null;
  return (
    <Combinations
      title={`Combinations, ${set.title}`}
      combinations={set.combinations}
      stages={stages}
      named={set.runs.map((run) => ({ name: run.name, variants: variantsOf(lastPlan(run)) }))}
    />
  );
}

function SetFrontier({ set, stages }: { readonly set: BackendSet; readonly stages: readonly string[] }) {
  const run = planRun(set);
  if (set.frontier.length === 0 || !run) return null;
  const { pas, cost } = run.predicted;
  return (
    <Frontier
      title={`Accuracy for cost, ${set.title}`}
      points={set.frontier}
      without={set.frontierWithoutCascades}
      stages={stages}
      slaMs={run.slaMs}
      chosen={{ cost, accuracy: pas }}
      prices={run.plans[0]!.plan.resources}
    />
  );
}

const combinationColumns = (stages: readonly string[]): Column<Combination>[] => [
  { label: 'Variants', value: (c) => chain(c.variants, stages) },
  figures('PAS', (c) => c.pas, percent),
  figures('Accuracy', (c) => c.endToEnd, percent),
  figures('On the whole pack', (c) => c.endToEndOnPack, percent),
  figures('Attainment', (c) => c.slaAttainment, percent),
  figures('p95', (c) => c.p95Ms, milliseconds),
  figures('Bound', (c) => c.boundMs, milliseconds),
  figures('Cost', (c) => c.cost, number),
  figures('GPU share', (c) => c.gpuShare, percent),
  { label: 'Batches', value: (c) => stages.map((stage) => c.batches[stage] ?? DASH).join(', ') },
  { label: 'Feasible', value: (c) => (c.feasible ? 'yes' : (c.binding ?? 'no')) },
];
