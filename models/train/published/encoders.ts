import { notebooks, rows, variants } from './facts.ts';
import type { StageFacts } from './rules.ts';

/**
 * p99 / mean of the language models, none of which has a complete row. It follows from table 6: a stage's SLA is 25 times the
 * mean of its variants' p99 with the most cores (times 1.5 in nlp). For the translators this p99 is 1.28 times their mean.
 */
export const RATIO = 1.3;

export const LANGUAGE_ID = 'dinalzein-xlm-roberta-base-finetuned-language-identification';

const LANGUAGE_ID_SERIES = notebooks('98', 'language identification, behind the reported runs');

/** Time of one item by cores, for the language identifier of series 98, an encoder with 12 layers. */
const ENCODER_MS: Record<number, number> = { 1: 87.2, 2: 60.7, 4: 35.7, 8: 24.7 };
/** Growth of the time per further item, at batch 8: 0.22 to 0.30 for the language identifier, 0.27 for question answering. */
const ENCODER_KAPPA = 0.27;

export const IDENTIFY: StageFacts = {
  name: 'identify-language',
  task: 'language-identification',
  metric: 'accuracy',
  thresholdPerS: 4,
  variants: variants('code', [LANGUAGE_ID, 0.9959, 1, 278]),
  rows: rows(
    'series-98',
    20,
    [LANGUAGE_ID, 1, 1, 87.216, undefined, 11.314],
    [LANGUAGE_ID, 1, 2, 115.723, undefined, 16.986],
    [LANGUAGE_ID, 1, 4, 178.461, undefined, 20],
    [LANGUAGE_ID, 1, 8, 272.276, undefined, 20.034],
    [LANGUAGE_ID, 1, 16, 364.308, undefined, 19.864],
    [LANGUAGE_ID, 2, 1, 60.652, undefined, 16.123],
    [LANGUAGE_ID, 2, 2, 79.719, undefined, 20.02],
    [LANGUAGE_ID, 2, 4, 109.103, undefined, 20],
    [LANGUAGE_ID, 2, 8, 182.718, undefined, 20.034],
    [LANGUAGE_ID, 2, 16, 285.32, undefined, 20],
    [LANGUAGE_ID, 4, 1, 35.731, undefined, 20.017],
    [LANGUAGE_ID, 4, 2, 48.767, undefined, 20],
    [LANGUAGE_ID, 4, 4, 68.629, undefined, 20],
    [LANGUAGE_ID, 4, 8, 99.562, undefined, 20.034],
    [LANGUAGE_ID, 4, 16, 170.098, undefined, 19.949],
    [LANGUAGE_ID, 8, 1, 24.719, undefined, 20],
    [LANGUAGE_ID, 8, 2, 31.152, undefined, 20.017],
    [LANGUAGE_ID, 8, 4, 44.597, undefined, 20],
    [LANGUAGE_ID, 8, 8, 62.564, undefined, 20.034],
    [LANGUAGE_ID, 8, 16, 98.819, undefined, 20.034],
  ),
  oneItemMs: (_, cores) => ENCODER_MS[cores]!,
  kappa: () => ENCODER_KAPPA,
  p99Ratio: () => RATIO,
  rule: 'rule-identify-language',
};

export const IDENTIFY_SOURCES = {
  'series-98': LANGUAGE_ID_SERIES,
  'rule-identify-language':
    'Means are measured, but no p99: it is 1.3 times the mean, as 1.28 follows from table 6 for translation.',
};

/** p99 of one item on 4 cores (series 86; roberta: table 6). */
const ANSWER_P99_MS: Record<string, number> = {
  'deepset-xlm-roberta-base-squad2': 52.564,
  'deepset-roberta-base-squad2': 53.36,
};

export const answer = (thresholdPerS: number): StageFacts => ({
  name: 'answer',
  task: 'question-answering',
  metric: 'F1 (SQuAD 2)',
  thresholdPerS,
  variants: [
    ...variants('code', ['deepset-xlm-roberta-base-squad2', 0.77141, 1, 277.45]),
    ...variants('code', ['deepset-roberta-base-squad2', 0.829125, 1, 125]),
  ],
  rows: [],
  oneItemMs: (variant, cores) => (ANSWER_P99_MS[variant]! / RATIO) * (ENCODER_MS[cores]! / ENCODER_MS[4]!),
  kappa: () => ENCODER_KAPPA,
  p99Ratio: () => RATIO,
  rule: 'rule-answer',
});
export const ANSWER_SOURCES = {
  'series-86': notebooks('86', 'question answering, behind the reported runs'),
  'series-98': LANGUAGE_ID_SERIES,
  'rule-answer':
    'One item: p99 on 4 cores / 1.3, scaled with cores as the language identifier of series 98, which is of the same size. The p99: 52.6 ms of xlm-roberta-base in series 86, 53.4 ms of roberta-base, as the two make the 1.32 s of table 6. Growth per item of a batch: 0.27, as from batch 1 to 8 in series 86 (its batch 2 took twice as long as batch 1 and is left out). p99 / mean: 1.3, as 1.28 follows from table 6 for translation. Parameters of roberta-base: Liu et al. 2019; the submission names a roberta-large instead (F1 83.79), the code this one.',
};

/** Work of an encoder relative to one with 12 layers of width 768. */
const SENTIMENT_WORK: Record<string, number> = {
  'Souvikcmsa-SentimentAnalysisDistillBERT': 0.5,
  'Souvikcmsa-BERT_sentiment_analysis': 1,
  'Souvikcmsa-Roberta_Sentiment_Analysis': 3.55,
  'distilbert-base-uncased-finetuned-sst-2-english': 0.5,
};

export const SENTIMENT: StageFacts = {
  name: 'sentiment',
  task: 'sentiment-analysis',
  metric: 'accuracy',
  thresholdPerS: 1,
  variants: variants(
    'code',
    ['Souvikcmsa-SentimentAnalysisDistillBERT', 0.7962895598, 1, 66.9],
    ['Souvikcmsa-BERT_sentiment_analysis', 0.7990178247, 1, 109.4],
    ['Souvikcmsa-Roberta_Sentiment_Analysis', 0.8302828619, 1, 355.3],
    ['distilbert-base-uncased-finetuned-sst-2-english', 0.911, 1, 66.9],
  ),
  rows: [],
  oneItemMs: (variant, cores) => SENTIMENT_WORK[variant]! * ENCODER_MS[cores]!,
  kappa: () => ENCODER_KAPPA,
  p99Ratio: () => RATIO,
  rule: 'rule-sentiment',
};
export const SENTIMENT_SOURCES = {
  'series-98': LANGUAGE_ID_SERIES,
  'rule-sentiment':
    'No row of the reported runs is public. One item: the time of the language identifier of series 98, an encoder like BERT-base, times the work of the encoder beside it: 0.5 for DistilBERT (6 layers), 1 for BERT-base, 3.55 for RoBERTa-large (302 of 85 million parameters). On 8 cores the mean of the four p99s is then 2 % over the 1.09 s / 25 of table 6. Growth per item of a batch 0.27 and p99 / mean 1.3 as for question answering.',
};
