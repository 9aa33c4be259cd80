import { useMemo } from 'preact/hooks';
import { percent } from '../../components/format.ts';
import { differingWords, type Stretch } from './differing-words.ts';
import { type AnswerVerdict, SIGNS, type StageAnswer } from './predictions.ts';

/** Shows each stage's answer for an item, and the true answer beside a wrong one. */
export function StageAnswers({ stageAnswers }: { readonly stageAnswers: readonly StageAnswer[] }) {
  return (
    <dl class="stage-answers">
      {stageAnswers.map((stageAnswer, i) => (
        <div key={`${stageAnswer.stage} ${i}`}>
          <dt class="muted small">{stageAnswer.stage}</dt>
          <Answer {...stageAnswer} />
        </div>
      ))}
    </dl>
  );
}

function Answer({ verdict, predicted, truth, score }: StageAnswer) {
  if (predicted === null && truth === null) return <dd class="muted">– not passed on</dd>;
  return (
    <dd class={`verdict-${verdict}`}>
      {verdict !== 'unjudged' && (
        <>
          <span role="img" aria-label={verdict === 'partly' ? 'partly right' : verdict}>
            {SIGNS[verdict]}
          </span>{' '}
        </>
      )}
      {score ? (
        <ComparedText verdict={verdict} predicted={predicted!} truth={truth!} />
      ) : verdict === 'unjudged' ? (
        <Marked stretches={unmarked(predicted!)} />
      ) : (
        <strong dir="auto">{predicted ?? truth}</strong>
      )}
      {score ? (
        <span class="under">
          {score.metric} {percent(score.value)}
        </span>
      ) : (
        NOTES[verdict](truth)
      )}
    </dd>
  );
}

const NOTES: Readonly<Record<AnswerVerdict, (truth: string | null) => string>> = {
  right: () => '',
  partly: (truth) => ` (${truth})`,
  wrong: (truth) => ` (${truth})`,
  spurious: () => ', should not be passed on',
  missed: () => ', was not passed on',
  unjudged: () => '',
};

interface ComparedTextProps {
  readonly verdict: AnswerVerdict;
  readonly predicted: string;
  readonly truth: string;
}

/** A text and, unless it is right, the true one below, with the differing words of both marked. */
function ComparedText({ verdict, predicted, truth }: ComparedTextProps) {
  const compared = useMemo(() => differingWords(predicted, truth), [predicted, truth]);
  if (verdict === 'right') return <Marked stretches={unmarked(predicted)} />;
  return (
    <>
      <Marked stretches={compared.predicted} />
      <div>
        <span class="muted">true:</span> <Marked stretches={compared.truth} />
      </div>
    </>
  );
}

const unmarked = (text: string): Stretch[] => (text === '' ? [] : [{ text, differs: false }]);

const Marked = ({ stretches }: { readonly stretches: readonly Stretch[] }) => (
  <span dir="auto" class="compared">
    {stretches.length === 0 && <span class="muted">no text</span>}
    {stretches.map(({ text, differs }, i) =>
      // The stretches of a text never change their order.
      differs ? <mark key={i}>{text}</mark> : <span key={i}>{text}</span>,
    )}
  </span>
);
