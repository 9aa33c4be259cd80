import type { Plan } from '../../../solver/documents/plan.ts';
import { inTimeText, number, plural, requestRate } from '../../components/format.ts';
import { TermMark } from '../../components/Term.tsx';
import { whyNoRequest } from '../../state/own/own-answer.ts';
import { heldByAdding } from '../../state/pipelines/adding.ts';
import {
  change,
  LOADS,
  load,
  openTrace,
  SCALE_MAX,
  scaleOfPlan,
  trace,
  trySettings,
} from '../../state/try/load.ts';
import { runObstacle, tryPlan } from '../../state/try/trying.ts';
import { SelectField } from '../controls/Field.tsx';
import { FileButton } from '../controls/FileButton.tsx';
import { NumberField } from '../controls/NumberInput.tsx';
import { useDrop } from '../controls/use-drop.ts';
import { LoadPreview } from './LoadPreview.tsx';

const WORDS: Readonly<Record<(typeof LOADS)[number], string>> = {
  constant: "constant, at the plan's rate",
  bursty: 'bursty',
  'steady-low': 'steady, low',
  'steady-high': 'steady, high',
  fluctuating: 'fluctuating',
  trace: 'your own trace',
};

/** Binds a numeric input to a setting of the load. */
const bound = (field: 'scale' | 'durationS' | 'seed' | 'intervalS') => ({
  value: trySettings.value[field],
  onChange: (value: number) => change({ [field]: value }),
});

export function TryForm({ plan }: { readonly plan: Plan }) {
  const { load: kind, scale, adapt } = trySettings.value;
  const arriving = load.value;
  const why = runObstacle.value ?? whyNoRequest.value ?? heldByAdding.value;
  const ready = arriving !== null && !(arriving instanceof Error) && why === null;
  return (
    <form
      class="card stack"
      aria-label="The load"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void tryPlan();
      }}
    >
      <div class="row end">
        <SelectField
          label="Load pattern"
          value={kind}
          onValue={(value) => change({ load: value as (typeof LOADS)[number] })}
          options={LOADS.map((one) => [one, WORDS[one]])}
        />
        <NumberField label="Scale of the rate" {...bound('scale')} range={[0.001, SCALE_MAX]} />
        <NumberField label="Duration (s)" {...bound('durationS')} range={[1, 3600]} />
        <NumberField label="Seed" {...bound('seed')} whole />
        <fieldset class="row end">
          <span class="row tight try-adapt">
            <label>
              <input
                type="checkbox"
                checked={adapt}
                onChange={(event) => change({ adapt: event.currentTarget.checked })}
              />{' '}
              Adapt: plan again when the load changes
            </label>
            <TermMark of="Adapt" />
          </span>
          {adapt && <NumberField label="Plan again every (s)" {...bound('intervalS')} range={[1, 600]} />}
        </fieldset>
      </div>
      {kind === 'trace' && <TraceDrop />}
      {arriving instanceof Error && <p class="bad">{arriving.message}</p>}
      {arriving && !(arriving instanceof Error) && (
        <LoadPreview load={arriving} plannedPerS={plan.ratePerS} />
      )}
      {why && <p class="bad">{why}</p>}
      <div class="row buttons">
        <button type="submit" class="primary" disabled={!ready}>
          Run the plan
        </button>
        {kind !== 'constant' && scaleOfPlan.value !== null && scaleOfPlan.value !== scale && (
          <button type="button" onClick={() => change({ scale: scaleOfPlan.value! })}>
            Scale to the plan's {number(plan.ratePerS)} /s
          </button>
        )}
        {arriving === null && <span class="muted">Open a trace first.</span>}
      </div>
      <p class="muted">
        The plan was made for {requestRate(plan.ratePerS)} within {number(plan.slaMs)} ms:{' '}
        {inTimeText(plan.predicted.slaAttainment)} should be in time. Each request brings a labelled example,
        so that the answers can be judged.
      </p>
    </form>
  );
}

/** Input for the load's trace, by dropping or choosing a file. */
function TraceDrop() {
  const take = ([file]: File[]) => openTrace(file!);
  const { over, target } = useDrop(false, take);
  return (
    <section class={over ? 'dashed trace-drop over' : 'dashed trace-drop'} aria-label="Trace" {...target}>
      <FileButton label="Choose a trace" accept=".json,application/json" disabled={false} onFiles={take} />{' '}
      {trace.value ? (
        <span>
          {trace.value.name}: {plural(trace.value.rates.length, 'rate')},{' '}
          {trace.value.intervalS === 1 ? 'one a second' : `one every ${number(trace.value.intervalS)} s`}
        </span>
      ) : (
        <span class="muted">
          or drop it here: <code>{'{"rates": [6, 5, 7, …]}'}</code>, requests/s for each second
        </span>
      )}
    </section>
  );
}
