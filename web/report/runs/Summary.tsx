import type { ComponentChildren } from 'preact';
import type { RunReport } from '../../../solver/documents/report.ts';
import { milliseconds, number, percent } from '../../components/format.ts';
import { type BackendSet, planRun, servedText } from './view.ts';
import '../parts/summary.css';

interface SummaryProps {
  readonly set: BackendSet;
  readonly stages: readonly string[];
}

/** Results for one set of backends: a sentence, then a table of measured and predicted values. */
export function Summary({ set, stages }: SummaryProps) {
  const chosen = planRun(set);
  return (
    <section class="summary">
      <h3>{set.title}</h3>
      {chosen && <Verdict run={chosen} others={set.runs.filter((run) => run !== chosen)} stages={stages} />}
      <div class="scroll cards">
        <table class="summary-table">
          <thead>
            <tr>
              <th scope="col">Run</th>
              {HEADS.map((head) => (
                <th scope="col" class="numeric" key={head}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {set.runs.map((run) => (
              <SummaryRow
                key={run.name}
                run={run}
                stages={stages}
                marked={run === chosen && set.runs.length > 1}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const HEADS = ['p50', 'p95', 'Attainment', 'Goodput', 'Accuracy', 'PAS', 'Cost'] as const;

interface VerdictProps {
  readonly run: RunReport;
  readonly others: readonly RunReport[];
  readonly stages: readonly string[];
}

function Verdict({ run, others, stages }: VerdictProps) {
  const accuracy = (of: RunReport) => percent(of.result.accuracy.endToEnd ?? of.result.accuracy.pas);
  return (
    <p>
      {!run.load.valid && (
        <>
          <span class="flag bad">not valid</span> Requests were sent too late for these figures to hold.{' '}
        </>
      )}
      At {number(run.load.ratePerS)} requests/s, <strong>{servedText(run, stages)}</strong> completed{' '}
      <strong>{percent(run.result.slaAttainment)}</strong> of the requests within {number(run.slaMs)} ms, with
      an accuracy of <strong>{accuracy(run)}</strong>.
      {others.map((other) => (
        <span key={other.name}>
          {' '}
          The {other.name} choice: {percent(other.result.slaAttainment)} at {accuracy(other)}.
        </span>
      ))}
    </p>
  );
}

interface SummaryRowProps {
  readonly run: RunReport;
  readonly stages: readonly string[];
  readonly marked: boolean;
}

function SummaryRow({ run, stages, marked }: SummaryRowProps) {
  const { result, predicted, slaMs } = run;
  const { slaAttainment } = result;
  const p95 = result.latencyMs.p95;
  const predictedText = (figure: string) => `${run.plans.length > 1 ? 'first plan' : 'predicted'} ${figure}`;
  return (
    <tr class={marked ? 'marked' : undefined}>
      <th scope="row">
        {run.name} {run.simulated && <span class="flag">SIMULATED</span>}
        <span class="under">{servedText(run, stages)}</span>
      </th>
      <Figure head="p50" predicted={predictedText(milliseconds(predicted.latencyMs?.p50 ?? null))}>
        {milliseconds(result.latencyMs.p50)}
      </Figure>
      <Figure head="p95" predicted={predictedText(milliseconds(predicted.latencyMs?.p95 ?? null))}>
        {p95 !== null && (
          <Mark good={p95 <= slaMs} words={p95 <= slaMs ? 'within the SLA' : 'over the SLA'} />
        )}
        {milliseconds(p95)}
      </Figure>
      <Figure head="Attainment" predicted={predictedText(percent(predicted.slaAttainment))}>
        {slaAttainment !== null && (
          <Mark
            good={slaAttainment >= run.percentile / 100}
            words={slaAttainment >= run.percentile / 100 ? 'meets the SLA' : 'misses the SLA'}
          />
        )}
        {percent(slaAttainment)}
      </Figure>
      <Figure head="Goodput" predicted={predictedText(`${number(predicted.goodputPerS)} /s`)}>
        {number(result.goodputPerS)} /s
      </Figure>
      <Figure head="Accuracy" predicted={predictedText(percent(predicted.endToEnd))}>
        {percent(result.accuracy.endToEnd)}
      </Figure>
      <Figure head="PAS" predicted={predictedText(percent(predicted.pas))}>
        {percent(result.accuracy.pas)}
      </Figure>
      <Figure head="Cost" predicted={predictedText(number(predicted.cost))}>
        {number(result.cost.mean)}
      </Figure>
    </tr>
  );
}

interface FigureProps {
  readonly head: (typeof HEADS)[number];
  readonly predicted: string;
  readonly children: ComponentChildren;
}

/** A measured value with the predicted value below it. */
function Figure({ head, predicted, children }: FigureProps) {
  return (
    <td class="numeric" data-head={head}>
      <span>{children}</span>
      <span class="under">{predicted}</span>
    </td>
  );
}

function Mark({ good, words }: { readonly good: boolean; readonly words: string }) {
  return (
    <span class={good ? 'mark good' : 'mark bad'} role="img" aria-label={words} title={words}>
      {good ? '✓' : '✗'}
    </span>
  );
}
