import { useMemo } from 'preact/hooks';
import { type Saying, SIGNS, type Thing, type Verdict } from '../request/things.ts';

interface TextProps {
  readonly utf8: Uint8Array;
  readonly things: readonly Thing[];
}

/** A text with what each stage says of it. */
export function Text({ utf8, things }: TextProps) {
  const text = useMemo(() => new TextDecoder().decode(utf8), [utf8]);
  return (
    <>
      <blockquote class="request-text" dir="auto">
        {text}
      </blockquote>
      <dl class="sayings">
        {things
          .flatMap(({ sayings }) => sayings)
          .map((saying) => (
            <div key={saying.stage}>
              <dt>{saying.stage}</dt>
              <SayingText {...saying} />
            </div>
          ))}
      </dl>
    </>
  );
}

function SayingText({ said, isTruly }: Saying) {
  if (said === null && isTruly === null) return <dd class="muted">– not passed on</dd>;
  const verdict = verdictOf(said, isTruly);
  return (
    <dd class={`verdict-${verdict}`}>
      {SIGNS[verdict]} <strong>{said ?? isTruly}</strong>
      {NOTES[verdict](isTruly)}
    </dd>
  );
}

function verdictOf(said: string | null, isTruly: string | null): Verdict {
  if (said === null) return 'missed';
  if (isTruly === null) return 'spurious';
  return said === isTruly ? 'right' : 'wrong';
}

const NOTES: Readonly<Record<Verdict, (isTruly: string | null) => string>> = {
  right: () => '',
  wrong: (isTruly) => ` (${isTruly})`,
  spurious: () => ', should not be passed on',
  missed: () => ', was not passed on',
};
