import { ANSWER_SOURCES, answer, IDENTIFY, IDENTIFY_SOURCES, LANGUAGE_ID, RATIO } from './encoders.ts';
import { CLUSTER, notebooks, oneItemOf, rows, SOURCES, variants } from './facts.ts';
import type { PipelineFacts, StageFacts } from './rules.ts';

const OPUS = 'Helsinki-NLP-opus-mt-fr-en';
const BIG = 'Helsinki-NLP-opus-mt-tc-big-fr-en';
/** Time of one item on one core / on two cores: series 113 has 955 ms on one core for opus. */
const ONE_CORE = 1.883;

const TRANSLATE_ROWS = rows(
  'series-99',
  10,
  [OPUS, 2, 1, 507.195, undefined, 1.964],
  [OPUS, 2, 2, 749.551, undefined, 2.657],
  [OPUS, 2, 4, 964.744, undefined, 4.028],
  [OPUS, 2, 8, 1032.826, undefined, 4.345],
  [OPUS, 2, 16, 1267.704, undefined, 4.609],
  [OPUS, 4, 1, 320.223, undefined, 3.102],
  [OPUS, 4, 2, 450.892, undefined, 4.421],
  [OPUS, 4, 4, 575.19, undefined, 6.648],
  [OPUS, 4, 8, 609.619, undefined, 7.443],
  [OPUS, 4, 16, 854.964, undefined, 8.192],
  [OPUS, 8, 1, 230.016, undefined, 4.321],
  [OPUS, 8, 2, 304.65, undefined, 6.516],
  [OPUS, 8, 4, 414.732, undefined, 9.574],
  [OPUS, 8, 8, 547.696, undefined, 9.95],
  [OPUS, 16, 1, 230.074, undefined, 4.061],
  [OPUS, 16, 2, 283.86, undefined, 7],
  [OPUS, 16, 4, 333.883, undefined, 9.949],
  [OPUS, 16, 8, 460.998, undefined, 10.051],
  [BIG, 2, 1, 1154.446, undefined, 0.865],
  [BIG, 2, 2, 1616.269, undefined, 1.227],
  [BIG, 2, 4, 2210.372, undefined, 1.718],
  [BIG, 2, 8, 2414.819, undefined, 1.972],
  [BIG, 2, 16, 2652.289, undefined, 2.156],
  [BIG, 4, 1, 660.415, undefined, 1.506],
  [BIG, 4, 2, 901.51, undefined, 2.195],
  [BIG, 4, 4, 1352.733, undefined, 2.782],
  [BIG, 4, 8, 1468.947, undefined, 3.161],
  [BIG, 4, 16, 1735.952, undefined, 3.573],
  [BIG, 8, 1, 413.068, undefined, 2.396],
  [BIG, 8, 2, 565.333, undefined, 3.538],
  [BIG, 8, 4, 825.702, undefined, 4.784],
  [BIG, 8, 8, 877.292, undefined, 5.398],
  [BIG, 8, 16, 1109.738, undefined, 6.539],
  [BIG, 16, 1, 299.84, undefined, 3.287],
  [BIG, 16, 2, 398.266, undefined, 5.025],
  [BIG, 16, 4, 568.118, undefined, 6.685],
  [BIG, 16, 8, 643.293, undefined, 7.309],
);

const TRANSLATE: StageFacts = {
  name: 'translate',
  task: 'translation',
  metric: 'BLEU (newsdiscussdev2015 fr-en)',
  thresholdPerS: 4,
  variants: variants('code', [OPUS, 0.331, 4, 74.6], [BIG, 0.344, 16, 230.6]),
  rows: TRANSLATE_ROWS,
  oneItemMs: (variant) => oneItemOf(TRANSLATE_ROWS, variant, 2) * ONE_CORE,
  kappa: (variant, cores) => (variant === OPUS && cores >= 8 ? { 8: 0.2, 16: 0.15 }[cores]! : 0.37),
  p99Ratio: () => RATIO,
  rule: 'rule-translate',
};

/** Time of one item by cores / that on two cores: geometric means over the two translators. */
const SUMMARISE_SCALING: Record<number, number> = { 1: ONE_CORE, 4: 0.601, 8: 0.403, 16: 0.343 };
const SUMMARISE_ROWS = rows(
  'series-97',
  10,
  ['sshleifer-distilbart-xsum-1-1', 2, 1, 100.258, undefined, 9.881],
  ['sshleifer-distilbart-xsum-12-1', 2, 1, 197.188, undefined, 5.034],
  ['sshleifer-distilbart-xsum-6-6', 2, 1, 238.308, undefined, 4.157],
  ['sshleifer-distilbart-xsum-12-3', 2, 1, 235.139, undefined, 4.221],
  ['sshleifer-distilbart-xsum-9-6', 2, 1, 267.117, undefined, 3.711],
  ['sshleifer-distilbart-xsum-12-6', 2, 1, 301.662, undefined, 3.278],
);

const summarise = (thresholdPerS: number, largestCores: number): StageFacts => ({
  name: 'summarise',
  task: 'summarisation',
  metric: 'ROUGE-L (XSum)',
  thresholdPerS,
  variants: variants(
    'code',
    ['sshleifer-distilbart-xsum-1-1', 0.3226, 1, 82.9],
    ['sshleifer-distilbart-xsum-12-1', 0.3337, 2, 221.5],
    ['sshleifer-distilbart-xsum-6-6', 0.3573, 4, 229.9],
    ['sshleifer-distilbart-xsum-12-3', 0.3639, 8, 255.1],
    ['sshleifer-distilbart-xsum-9-6', 0.3661, 8, 267.7],
    ['sshleifer-distilbart-xsum-12-6', 0.3699, largestCores, 305.5],
  ),
  rows: SUMMARISE_ROWS,
  oneItemMs: (variant, cores) => oneItemOf(SUMMARISE_ROWS, variant, 2) * SUMMARISE_SCALING[cores]!,
  kappa: () => 0.37,
  p99Ratio: () => RATIO,
  rule: 'rule-summarise',
});
const SUMMARISE_SOURCES = {
  'series-99': notebooks('99', 'translation, behind the reported runs'),
  'series-113': notebooks('113', 'translation on one core, a test'),
  'series-97': notebooks('97', 'DistilBART, behind the reported runs'),
  'rule-summarise':
    'One item: its mean on two cores in series 97, scaled with cores as the two translators of series 99 (geometric mean; 1.88 to one core as opus in series 113). Growth per item of a batch: 0.37, as of the translators. p99 / mean: 1.3, as 1.28 follows from table 6 for translation.',
};

export const SUM_QA: PipelineFacts = {
  name: 'ipa-sum-qa',
  title: "IPA's summarisation question answering: a summary, then an answer from it",
  sources: { ...SOURCES, ...SUMMARISE_SOURCES, ...ANSWER_SOURCES },
  ...CLUSTER,
  slaMs: 3840,
  weights: { alpha: 10, beta: 0.5, delta: 1e-6, accuracy: 'rank-product' },
  batchMax: 1,
  restrictTo: {},
  fa2High: { summarise: 'sshleifer-distilbart-xsum-12-6', answer: 'deepset-roberta-base-squad2' },
  fa2Low: { summarise: 'sshleifer-distilbart-xsum-1-1', answer: 'deepset-xlm-roberta-base-squad2' },
  rimReplicas: { summarise: 12, answer: 8 },
  stages: [summarise(5, 16), answer(5)],
};

export const NLP: PipelineFacts = {
  name: 'ipa-nlp',
  title: "IPA's language processing: the language, a translation, then its summary",
  sources: {
    ...SOURCES,
    weights: 'alpha is that of IPA on bursty and fluctuating loads; on steady ones it was 40',
    ...IDENTIFY_SOURCES,
    'rule-translate':
      'One item on one core: 1.883 times that on two, as opus in series 113. Growth per item of a batch: 0.37 (measured at batch 8: 0.34 to 0.38), of opus on 8 and 16 cores 0.2 and 0.15 as measured. p99 / mean: 1.3, as the 12.76 s of table 6 are 25 · 1.5 times the mean p99 of the two on 16 cores, 1.28 times their mean.',
    ...SUMMARISE_SOURCES,
  },
  ...CLUSTER,
  slaMs: 17_610,
  weights: { alpha: 100, beta: 0.5, delta: 1e-6, accuracy: 'rank-product' },
  batchMax: 1,
  restrictTo: {},
  fa2High: { 'identify-language': LANGUAGE_ID, translate: BIG, summarise: 'sshleifer-distilbart-xsum-12-6' },
  fa2Low: { 'identify-language': LANGUAGE_ID, translate: OPUS, summarise: 'sshleifer-distilbart-xsum-1-1' },
  rimReplicas: { 'identify-language': 6, translate: 22, summarise: 12 },
  stages: [IDENTIFY, TRANSLATE, summarise(4, 8)],
};
