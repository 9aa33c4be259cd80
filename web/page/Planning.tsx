import { sameVariants } from '../charts/Combinations.tsx';
import { Frontier } from '../charts/Frontier.tsx';
import { StageBudget } from '../charts/StageBudget.tsx';
import { Facts } from '../components/Device.tsx';
import { FrontierTable } from '../components/FrontierTable.tsx';
import { PlanTable } from '../components/PlanTable.tsx';
import { chain, milliseconds, number, percent } from '../format.ts';
import { saveText } from '../save-text.ts';
import { profile } from '../state/app.ts';
import { type PlanResult, question, result, solving } from '../state/planning.ts';
import { Empty, Section } from './Section.tsx';

/** What should run, for a bound on latency and a rate of requests. */
export function Planning() {
  return (
    <Section
      id="plan"
      title="Plan"
      lead="Variant, batch size and replicas of every stage: the most accurate for their cost within the SLA."
    >
      {profile.value ? (
        <>
          <QuestionForm />
          <div aria-busy={solving.value} class={solving.value ? 'stale' : undefined}>
            {result.value?.state === 'planned' && <Planned result={result.value} />}
            {result.value?.state === 'none' && <None result={result.value} />}
          </div>
        </>
      ) : (
        <Empty>
          A plan is made from a profile. <a href="#measure">Measure this device</a>, or import a profile.
        </Empty>
      )}
    </Section>
  );
}

function QuestionForm() {
  const { slaMs, ratePerS } = question.value;
  const change = (part: Partial<typeof question.value>) => {
    question.value = { ...question.value, ...part };
  };
  return (
    <form class="question card" onSubmit={(event) => event.preventDefault()}>
      <Quantity label="SLA, p95 (ms)" value={slaMs} onChange={(value) => change({ slaMs: value })} />
      <Quantity
        label="Arrival rate (requests/s)"
        value={ratePerS}
        onChange={(value) => change({ ratePerS: value })}
      />
    </form>
  );
}

interface QuantityProps {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

/** Steps of the slider per power of two. */
const STEPS = 8;

/** A number, typed or drawn on a logarithmic slider. */
function Quantity({ label, value, onChange }: QuantityProps) {
  const take = (next: number) => {
    if (Number.isFinite(next) && next > 0) onChange(next);
  };
  return (
    <div class="quantity">
      <label>
        {label}
        <input
          type="number"
          min="0.01"
          step="any"
          value={value}
          onInput={(event) => take(event.currentTarget.valueAsNumber)}
        />
      </label>
      <input
        type="range"
        aria-label={`${label}, slider`}
        aria-valuetext={number(value)}
        min={-2 * STEPS}
        max={12 * STEPS}
        step="any"
        value={Math.log2(value) * STEPS}
        onInput={(event) => take(Number((2 ** (event.currentTarget.valueAsNumber / STEPS)).toPrecision(3)))}
      />
    </div>
  );
}

function Planned({ result: { plan, frontier } }: { readonly result: PlanResult & { state: 'planned' } }) {
  const { predicted, stages, percentile } = plan;
  const names = stages.map((stage) => stage.name);
  const variants = Object.fromEntries(stages.map((stage) => [stage.name, stage.variant]));
  const { latencyMs } = predicted;
  const plans = [{ name: 'plan', plan }];
  const confirmed = predicted.slaAttainment >= percentile / 100;
  return (
    <>
      <div class="title-row answer">
        <p class="lead">
          <strong>{chain(variants, names)}</strong> is predicted to answer{' '}
          <strong class={confirmed ? 'good' : 'bad'}>{percent(predicted.slaAttainment)}</strong> of the
          requests within {number(plan.slaMs)} ms
          {!confirmed && ', which misses the SLA; nothing that was tried does better'}.
        </p>
        <button type="button" onClick={() => saveText(`${plan.pipeline}-plan.json`, JSON.stringify(plan))}>
          Export plan
        </button>
      </div>
      <Facts
        facts={[
          ['p50', milliseconds(latencyMs?.p50 ?? null)],
          ['p95', milliseconds(latencyMs?.p95 ?? null)],
          ['p99', milliseconds(latencyMs?.p99 ?? null)],
          ['Goodput', `${number(predicted.goodputPerS)} /s`],
          ['Accuracy, end to end', percent(predicted.endToEnd)],
          ['PAS', percent(predicted.pas)],
          ['Cost', number(predicted.cost)],
          ['Simulated', `${number(predicted.n)} requests`],
        ]}
      />
      <div class="answer-grid">
        <div>
          <StageBudget title="Bound by stage" plans={plans} />
          <PlanTable caption="The plan" plans={plans} />
        </div>
        {frontier instanceof Error ? (
          <p class="muted">{frontier.message}</p>
        ) : (
          <div>
            <Frontier
              title="Accuracy for cost"
              points={frontier}
              stages={names}
              slaMs={plan.slaMs}
              chosen={{ cost: predicted.cost, accuracy: predicted.pas }}
            />
            <FrontierTable
              caption="Table of the frontier"
              points={frontier}
              stages={names}
              marked={(point) => sameVariants(point.variants, variants)}
            />
          </div>
        )}
      </div>
      <p class="muted certificate">{plan.certificate}</p>
    </>
  );
}

/** A figure that works, rounded to where it still does. */
const roomier = (value: number): number => Number((value * 1.005).toPrecision(3));
const slower = (value: number): number => Number((value * 0.995).toPrecision(3));

function None({ result }: { readonly result: PlanResult & { state: 'none' } }) {
  const { message, nearestSlaMs, nearestRatePerS } = result.why;
  const { ratePerS } = question.value;
  return (
    <div class="problem" role="alert">
      <p>{message}</p>
      <div class="buttons">
        {nearestSlaMs !== null && (
          <button
            type="button"
            onClick={() => {
              question.value = { ratePerS, slaMs: roomier(nearestSlaMs) };
            }}
          >
            Use an SLA of {number(roomier(nearestSlaMs))} ms
          </button>
        )}
        {nearestRatePerS !== null && (
          <button
            type="button"
            onClick={() => {
              const rate = nearestRatePerS > ratePerS ? roomier(nearestRatePerS) : slower(nearestRatePerS);
              question.value = { ...question.value, ratePerS: rate };
            }}
          >
            Use {number(nearestRatePerS)} requests/s
          </button>
        )}
      </div>
    </div>
  );
}
