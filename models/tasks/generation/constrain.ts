import type { GenerationRules } from './rules.ts';

/**
 * Applies the rules to the logits of a row's next token: forbidden tokens get −∞, repeated tokens get the repetition penalty. If
 * the rules force the token, the allowed tokens get 0 and all others −∞.
 * @param logits of one row; overwritten
 * @param tokens the row's tokens after the prompt
 */
export function constrain(logits: Float32Array, tokens: readonly number[], rules: GenerationRules): void {
  const { prompt, forcedFirst, forcedLast, tokensMax } = rules;
  const first = tokens.length === 0 && forcedFirst !== null ? [forcedFirst] : [];
  const forced = tokens.length === tokensMax - 1 && forcedLast.length > 0 ? forcedLast : first;
  if (forced.length > 0) {
    logits.fill(Number.NEGATIVE_INFINITY);
    for (const id of forced) logits[id] = 0;
    return;
  }
  const ban = (id: number) => {
    logits[id] = Number.NEGATIVE_INFINITY;
  };
  const all = [...prompt, ...tokens];
  if (rules.repetitionPenalty !== 1) penalise(logits, all, rules.repetitionPenalty);
  rules.banned.forEach(ban);
  if (tokens.length === 0) rules.bannedFirst.forEach(ban);
  if (tokens.length < rules.tokensMin) rules.endIds.forEach(ban);
  for (const sequence of rules.bannedSequences)
    if (endsWith(all, sequence.slice(0, -1))) ban(sequence.at(-1)!);
  if (rules.noRepeat > 0) repeatedBy(all, rules.noRepeat).forEach(ban);
}

function penalise(logits: Float32Array, tokens: readonly number[], penalty: number): void {
  for (const id of new Set(tokens)) logits[id]! *= logits[id]! > 0 ? 1 / penalty : penalty;
}

const endsWith = (tokens: readonly number[], end: readonly number[]): boolean =>
  end.every((id, i) => tokens[tokens.length - end.length + i] === id);

/** Returns the next tokens that would repeat an earlier sequence of `length` tokens. */
function repeatedBy(tokens: readonly number[], length: number): number[] {
  const end = tokens.slice(tokens.length - length + 1);
  const completing: number[] = [];
  for (let from = 0; from + length <= tokens.length; from++)
    if (end.every((id, i) => tokens[from + i] === id)) completing.push(tokens[from + length - 1]!);
  return completing;
}
