import { type AnswerVerdict, type Prediction, SIGNS } from '../request/predictions.ts';

/** A part of a text, marked if a prediction is about it. */
interface TextPart {
  readonly text: string;
  readonly mark: { readonly verdict: AnswerVerdict; readonly label: string | null } | null;
}

/** Splits a text at the spans of predictions. Of overlapping spans, only the first is marked. */
export function textParts(
  text: string,
  predictions: readonly Pick<Prediction, 'span' | 'verdict'>[],
): TextPart[] {
  const characters = [...text];
  const parts: TextPart[] = [];
  let at = 0;
  const add = (end: number, mark: TextPart['mark']) => {
    if (end > at) parts.push({ text: characters.slice(at, end).join(''), mark });
    at = Math.max(at, end);
  };
  const marked = predictions
    .flatMap(({ span, verdict }) => (span ? [{ ...span, verdict }] : []))
    .sort((a, b) => a.start - b.start);
  for (const { start, end, label, verdict } of marked) {
    if (start < at) continue;
    add(start, null);
    add(end, { verdict, label: label === undefined ? null : `${SIGNS[verdict]} ${label}`.trim() });
  }
  add(characters.length, null);
  return parts;
}
