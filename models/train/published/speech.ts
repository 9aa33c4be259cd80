import { ANSWER_SOURCES, answer, SENTIMENT, SENTIMENT_SOURCES } from './encoders.ts';
import { CLUSTER, notebooks, rows, SOURCES, variants } from './facts.ts';
import type { PipelineFacts, StageFacts } from './rules.ts';

const SMALL = 'facebook-s2t-small-librispeech-asr';
const MEDIUM = 'facebook-s2t-medium-librispeech-asr';
const LARGE = 'facebook-s2t-large-librispeech-asr';
const WAV2VEC2_BASE = 'facebook-wav2vec2-base-960h';
const WAV2VEC2_LARGE = 'facebook-wav2vec2-large-960h';

/** All rows with batch 1 are public: p99 and throughput of a replica that did not keep up with the load. */
const transcribe = (largeCores: number): StageFacts => ({
  name: 'transcribe',
  task: 'speech-recognition',
  metric: '1 - word error rate (LibriSpeech)',
  thresholdPerS: 1,
  variants: [
    ...variants('code', [SMALL, 0.5872, 1, 29.5], [MEDIUM, 0.6488, 2, 71.2]),
    ...variants('paper', [WAV2VEC2_BASE, 0.6615, 2, 94.4]),
    ...variants('code', [LARGE, 0.6674, largeCores, 267.8]),
    ...variants('paper', [WAV2VEC2_LARGE, 0.7235, 8, 315.5]),
  ],
  rows: [
    ...rows(
      'series-85',
      10,
      [SMALL, 1, 1, undefined, 372.937, 2.994],
      [SMALL, 2, 1, undefined, 269.17, 4.241],
      [SMALL, 4, 1, undefined, 206.8, 5.129],
      [SMALL, 8, 1, undefined, 188.498, 5.98],
      [MEDIUM, 1, 1, undefined, 788.252, 1.339],
      [MEDIUM, 2, 1, undefined, 543.529, 2.275],
      [MEDIUM, 4, 1, undefined, 312.949, 3.491],
      [MEDIUM, 8, 1, undefined, 251.303, 4.382],
      [WAV2VEC2_BASE, 1, 1, undefined, 803.063, 1.325],
      [WAV2VEC2_BASE, 2, 1, undefined, 534.839, 2.118],
      [WAV2VEC2_BASE, 4, 1, undefined, 281.887, 3.943],
      [WAV2VEC2_BASE, 8, 1, undefined, 205.474, 6.156],
      [LARGE, 1, 1, undefined, 2309.723, 0.4459],
      [LARGE, 2, 1, undefined, 1481.949, 0.7534],
      [LARGE, 4, 1, undefined, 922.959, 1.3177],
      [LARGE, 8, 1, undefined, 589.941, 1.9364],
      [WAV2VEC2_LARGE, 1, 1, undefined, 1791.329, 0.5781],
      [WAV2VEC2_LARGE, 2, 1, undefined, 1208.901, 0.8732],
      [WAV2VEC2_LARGE, 4, 1, undefined, 650.101, 1.7456],
      [WAV2VEC2_LARGE, 8, 1, undefined, 426.322, 2.7779],
    ),
    ...rows(
      'series-85',
      20,
      [MEDIUM, 4, 2, undefined, 488.054, 4.479],
      [MEDIUM, 4, 8, undefined, 1343.194, 5.112],
    ),
  ],
  kappa: () => 0.6,
  p99Ratio: () => 1.1,
  rule: 'rule-transcribe',
});

const TRANSCRIBE_SOURCES = {
  'series-85': `${notebooks('85', 'speech recognition, behind the reported runs')}; means are 1 / throughput`,
  'rule-transcribe':
    'Growth per item of a batch: 0.6, as of s2t-medium on 4 cores (0.57 at batch 2, 0.65 at batch 8). p99 / mean: 1.1, the middle of the rows with one item.',
  restrictTo:
    'the two wav2vec2 are in the tables of the submission, but were not among the variants of the reported runs',
};

const RESTRICT_TO = { transcribe: [SMALL, MEDIUM, LARGE] };

export const AUDIO_QA: PipelineFacts = {
  name: 'ipa-audio-qa',
  title: "IPA's audio question answering: speech to text, then an answer from it",
  sources: {
    ...SOURCES,
    weights: 'alpha is that of IPA on bursty and fluctuating loads; on steady ones it was 10',
    rim: 'replicas of RIM but on the steady low load, where they were 20 and 5',
    ...TRANSCRIBE_SOURCES,
    ...ANSWER_SOURCES,
  },
  ...CLUSTER,
  slaMs: 9230,
  weights: { alpha: 20, beta: 0.5, delta: 1e-6, accuracy: 'rank-product' },
  batchMax: 1,
  restrictTo: RESTRICT_TO,
  fa2High: { transcribe: MEDIUM, answer: 'deepset-roberta-base-squad2' },
  fa2Low: { transcribe: SMALL, answer: 'deepset-xlm-roberta-base-squad2' },
  rimReplicas: { transcribe: 27, answer: 6 },
  stages: [transcribe(4), answer(1)],
};

export const AUDIO_SENT: PipelineFacts = {
  name: 'ipa-audio-sent',
  title: "IPA's audio sentiment analysis: speech to text, then its sentiment",
  sources: {
    ...SOURCES,
    rim: 'replicas of RIM but on the steady low load, where they were 20 and 5',
    ...TRANSCRIBE_SOURCES,
    ...SENTIMENT_SOURCES,
  },
  ...CLUSTER,
  slaMs: 9420,
  weights: { alpha: 30, beta: 0.5, delta: 1e-6, accuracy: 'rank-product' },
  batchMax: 1,
  restrictTo: RESTRICT_TO,
  fa2High: { transcribe: MEDIUM, sentiment: 'distilbert-base-uncased-finetuned-sst-2-english' },
  fa2Low: { transcribe: SMALL, sentiment: 'Souvikcmsa-SentimentAnalysisDistillBERT' },
  rimReplicas: { transcribe: 27, sentiment: 5 },
  stages: [transcribe(8), SENTIMENT],
};
