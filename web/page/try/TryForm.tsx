import { number, percent, plural } from '../../components/format.ts';
import { attempt } from '../../state/app.ts';
import { change, LOADS, load, scaleOfPlan, takeTrace, trace, tryout } from '../../state/load.ts';
import { plan } from '../../state/planning.ts';
import { obstacle, tryPlan } from '../../state/trying.ts';
import { LoadPreview } from './LoadPreview.tsx';

const WORDS: Readonly<Record<(typeof LOADS)[number], string>> = {
  constant: "constant, the plan's rate",
  bursty: 'bursty',
  'steady-low': 'steady, low',
  'steady-high': 'steady, high',
  fluctuating: 'fluctuating',
  trace: 'a trace of yours',
};

/** Under what load the plan is tried. */
export function TryForm() {
  const { load: kind, scale, durationS, seed, adapt, intervalS } = tryout.value;
  const arriving = load.value;
  const ready = arriving !== null && !(arriving instanceof Error) && obstacle.value === null;
  return (
    <form
      class="card try-form"
      aria-label="The load"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void tryPlan();
      }}
    >
      <div class="try-fields">
        <label class="field">
          Load
          <select
            value={kind}
            onChange={(event) => change({ load: event.currentTarget.value as (typeof LOADS)[number] })}
          >
            {LOADS.map((one) => (
              <option key={one} value={one}>
                {WORDS[one]}
              </option>
            ))}
          </select>
        </label>
        <Figure label="Times its rate" value={scale} onChange={(value) => change({ scale: value })} />
        <Figure
          label="Duration (s)"
          value={durationS}
          min={1}
          onChange={(value) => change({ durationS: value })}
        />
        <Figure label="Seed" value={seed} whole onChange={(value) => change({ seed: value })} />
        <fieldset class="try-adapt">
          <label class="choice">
            <input
              type="checkbox"
              checked={adapt}
              onChange={(event) => change({ adapt: event.currentTarget.checked })}
            />{' '}
            Adapt: plan again as the load changes
          </label>
          {adapt && (
            <Figure
              label="Decide every (s)"
              value={intervalS}
              min={1}
              onChange={(value) => change({ intervalS: value })}
            />
          )}
        </fieldset>
      </div>
      {kind === 'trace' && <TraceDrop />}
      {arriving instanceof Error && <p class="bad">{arriving.message}</p>}
      {arriving && !(arriving instanceof Error) && <LoadPreview load={arriving} />}
      {obstacle.value && <p class="bad">{obstacle.value}</p>}
      <div class="buttons">
        <button type="submit" class="primary" disabled={!ready}>
          Run the plan
        </button>
        {kind !== 'constant' && scaleOfPlan.value !== null && scaleOfPlan.value !== scale && (
          <button type="button" onClick={() => change({ scale: scaleOfPlan.value! })}>
            Scale to the plan's {number(plan.value!.ratePerS)} /s
          </button>
        )}
      </div>
      {plan.value && (
        <p class="muted">
          The plan is for {number(plan.value.ratePerS)} requests/s within {number(plan.value.slaMs)} ms (p
          {plan.value.percentile}), {percent(plan.value.predicted.slaAttainment)} predicted. Inputs are{' '}
          {arriving && !(arriving instanceof Error) ? plural(arriving.arrivalsMs.length, 'scene') : 'scenes'}{' '}
          of the labelled pack, so that answers can be judged.
        </p>
      )}
    </form>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: number;
  readonly min?: number;
  readonly whole?: boolean;
  readonly onChange: (value: number) => void;
}

function Figure({ label, value, min, whole = false, onChange }: FigureProps) {
  return (
    <label class="field">
      {label}
      <input
        type="number"
        min={min ?? (whole ? undefined : 0.001)}
        max={whole ? undefined : 3600}
        step={whole ? 1 : 'any'}
        value={value}
        onInput={({ currentTarget: input }) => {
          if (input.validity.valid && input.value !== '') onChange(input.valueAsNumber);
        }}
      />
    </label>
  );
}

/** Where a trace is dropped, or chosen by keyboard. */
function TraceDrop() {
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) void attempt(() => takeTrace(file));
  };
  return (
    <section
      class="trace-drop"
      aria-label="Trace"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        take(event.dataTransfer?.files);
      }}
    >
      <label class="button">
        Choose a trace
        <input
          type="file"
          accept=".json,application/json"
          onChange={({ currentTarget: input }) => {
            take(input.files);
            input.value = '';
          }}
        />
      </label>{' '}
      {trace.value ? (
        <span>
          {trace.value.name}: {plural(trace.value.rates.length, 'rate')}, one for each{' '}
          {number(trace.value.intervalS)} s
        </span>
      ) : (
        <span class="muted">
          or drop it here: <code>{'{"rates": [6, 5, 7, …]}'}</code>, requests/s for each second
        </span>
      )}
    </section>
  );
}
