import { commonCount } from './common.ts';

/**
 * The scores of answers in SQuAD (Rajpurkar et al. 2016, https://arxiv.org/abs/1606.05250, section 6.1), as the data set's own
 * script of version 2.0 computes them.
 */

/** ASCII punctuation; other punctuation stays, as in the script. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
/** English articles as whole words. */
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** Normalises an answer for comparison: lower case, no punctuation, no articles, single spaces. */
export const normalisedAnswer = (text: string): string =>
  text.toLowerCase().replace(PUNCTUATION, '').replace(ARTICLES, ' ').split(/\s+/).filter(Boolean).join(' ');

/** Scores an answer against one true answer, from 0 to 1. */
type AnswerScore = (answer: string, truth: string) => number;

/** Returns 1 if both are the same after {@link normalisedAnswer}, otherwise 0. */
const exactly: AnswerScore = (answer, truth) =>
  normalisedAnswer(answer) === normalisedAnswer(truth) ? 1 : 0;

/**
 * Returns F1 = 2 · common / (words of the answer + words of the truth), with words as in {@link normalisedAnswer}; a word that
 * occurs several times is common as often as it occurs in both. If either has no words: 1 if both have none, otherwise 0.
 */
const overlap: AnswerScore = (answer, truth) => {
  const words = wordsOf(answer);
  const trueWords = wordsOf(truth);
  return (2 * commonCount(words, trueWords)) / (words.length + trueWords.length);
};

/** The words of an answer. An answer without words has one word, which is empty, so two such answers agree. */
const wordsOf = (text: string): string[] => normalisedAnswer(text).split(' ');

/**
 * Returns a function that scores an answer against the alternative that fits best. Alternatives without words count only if no
 * alternative has words.
 */
const best =
  (score: AnswerScore) =>
  (answer: string, alternatives: readonly string[]): number => {
    const worded = alternatives.filter(normalisedAnswer);
    return Math.max(...(worded.length > 0 ? worded : ['']).map((truth) => score(answer, truth)));
  };

/**
 * Returns 1 if an answer equals one of the true answers after {@link normalisedAnswer}, otherwise 0.
 * @param alternatives the true answers, at least one
 */
export const exactMatch = best(exactly);

/**
 * Returns the largest F1 over words of an answer and one of the true answers, from 0 to 1.
 * @param alternatives the true answers, at least one
 */
export const tokenF1 = best(overlap);
