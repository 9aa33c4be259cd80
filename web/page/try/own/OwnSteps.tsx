import { useMemo } from 'preact/hooks';
import { splitFields } from '../../../../models/items/fields.ts';
import type { Item } from '../../../../models/items/item-batch.ts';
import { ITEM_NOUNS } from '../../../../models/items/item-format.ts';
import type { PipelineStage } from '../../../../models/manifests/pipeline.ts';
import type { StageResult } from '../../../../models/tasks/task.ts';
import type { StageStep } from '../../../../workers/executor/step-by-step.ts';
import { milliseconds, number, plural } from '../../../components/format.ts';
import { answering, ownAnswer } from '../../../state/own/own-answer.ts';
import { Fields } from '../../../views/items/Fields.tsx';
import { itemViewOf } from '../../../views/items/registry.tsx';
import { predictionsOf } from '../../../views/request/predictions.ts';
import { StageAnswers } from '../../../views/request/StageAnswers.tsx';
import { ResultTensors } from './ResultTensors.tsx';
import '../../../views/request/request.css';

/** The steps of the user's request: the items, the answers and the time of each stage. */
export function OwnSteps() {
  const answer = ownAnswer.value;
  const steps = answer?.steps ?? [];
  return (
    <>
      <p role="status" class="muted own-status">
        {statusText()}
      </p>
      {steps.length > 0 && (
        <ol class="stack" aria-label="Stage by stage">
          {steps.map((step) => (
            <Step key={step.stage.name} {...step} />
          ))}
        </ol>
      )}
    </>
  );
}

function statusText(): string {
  const answer = ownAnswer.value;
  if (answering.value === 'loading') return 'Loading the models …';
  if (answer?.running) return `Running ${answer.running} …`;
  if (!answer?.complete) return '';
  const totalMs = answer.steps.reduce((sum, { ms }) => sum + ms, 0);
  return `Answered in ${milliseconds(totalMs)}.`;
}

/** At most this many items of a stage are drawn. */
const ITEMS_SHOWN = 12;

function Step({ stage, choice: { variant, backend }, heavy, items, results, ms }: StageStep) {
  const { one, many } = ITEM_NOUNS[stage.format.kind];
  const left = items.length - ITEMS_SHOWN;
  return (
    <li class="card own-step">
      <h4>
        {stage.name}{' '}
        {items.length > 0 && (
          <span class="muted">
            {variant} on {backend}, {plural(items.length, one, many)}
            {heavy &&
              `, ${number(heavy.answered.filter(Boolean).length)} of them escalated to ${heavy.choice.variant}`}
            , {milliseconds(ms)}
          </span>
        )}
      </h4>
      {items.length === 0 ? (
        <p class="muted">The stage before passed on no {one}.</p>
      ) : (
        <ul class={`stack step-items ${stage.format.kind}`}>
          {items.slice(0, ITEMS_SHOWN).map((item, i) => (
            // The items of a step never change their order.
            <li key={i} class="stack tight step-item">
              <StepItem stage={stage} item={item} result={results[i]!} />
            </li>
          ))}
        </ul>
      )}
      {left > 0 && <p class="muted">and {plural(left, one, many)} more</p>}
      {results.length > 0 && <ResultTensors stage={stage} results={results} />}
    </li>
  );
}

interface StepItemProps {
  readonly stage: PipelineStage;
  readonly item: Item;
  readonly result: StageResult;
}

function StepItem({ stage, item, result }: StepItemProps) {
  const { format } = stage;
  const { content, texts } = useMemo(() => splitFields(format, item), [format, item]);
  const predictions = useMemo(
    () =>
      predictionsOf(
        { ...stage, next: null },
        { answer: { outcome: 'completed', latencyMs: 0, answer: { result, children: [] } }, truth: null },
      ),
    [stage, result],
  );
  const view = itemViewOf(format);
  // A label of the whole picture would be small and cover much of it, so that label stands below the picture.
  const placed = view.drawsAnswers && !predictions.some(({ box }) => box === null);
  const marked = placed || predictions.some(({ span }) => span !== null);
  return (
    <>
      <Fields names={format.fields ?? []} texts={texts} />
      {view.draw(format, content, marked ? predictions : null)}
      {placed ? (
        <p class="muted">{view.caption(format, content, predictions)}</p>
      ) : (
        <StageAnswers
          stageAnswers={predictions.flatMap(({ stageAnswers }) =>
            stageAnswers.map((one) => ({ ...one, stage: 'result' })),
          )}
        />
      )}
    </>
  );
}
