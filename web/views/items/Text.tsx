import { useMemo } from 'preact/hooks';
import { SIGNS, type StageAnswer, type Thing, type Verdict } from '../request/things.ts';

interface TextProps {
  readonly utf8: Uint8Array;
  readonly things: readonly Thing[];
}

/** A text with the answer of each stage. */
export function Text({ utf8, things }: TextProps) {
  const text = useMemo(() => new TextDecoder().decode(utf8), [utf8]);
  return (
    <>
      <blockquote class="request-text" dir="auto">
        {text}
      </blockquote>
      <dl class="stage-answers">
        {things
          .flatMap(({ stageAnswers }) => stageAnswers)
          .map((stageAnswer) => (
            <div key={stageAnswer.stage}>
              <dt>{stageAnswer.stage}</dt>
              <StageAnswerText {...stageAnswer} />
            </div>
          ))}
      </dl>
    </>
  );
}

function StageAnswerText({ predicted, truth }: StageAnswer) {
  if (predicted === null && truth === null) return <dd class="muted">– not passed on</dd>;
  const verdict = verdictOf(predicted, truth);
  return (
    <dd class={`verdict-${verdict}`}>
      <span role="img" aria-label={verdict}>
        {SIGNS[verdict]}
      </span>{' '}
      <strong>{predicted ?? truth}</strong>
      {NOTES[verdict](truth)}
    </dd>
  );
}

function verdictOf(predicted: string | null, truth: string | null): Verdict {
  if (predicted === null) return 'missed';
  if (truth === null) return 'spurious';
  return predicted === truth ? 'right' : 'wrong';
}

const NOTES: Readonly<Record<Verdict, (truth: string | null) => string>> = {
  right: () => '',
  wrong: (truth) => ` (${truth})`,
  spurious: () => ', should not be passed on',
  missed: () => ', was not passed on',
};
