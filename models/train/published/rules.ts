/** Rules for the service times of a stage's variants that the public rows lack. The manifests' `sources` give the reasons. */
import { oneItemMs } from './rows.ts';

interface Rule {
  /** Mean time of one item in ms, for numbers of cores without a row; absent if rows cover all of them. */
  oneItemMs?(variant: string, cores: number): number;
  /** κ: relative growth of a batch's time per further item. */
  kappa(variant: string, cores: number): number;
  /** Ratio of p99 to mean, for rows without a p99. */
  p99Ratio(variant: string): number;
}

type ByCores = Readonly<Record<number, number>>;
type ByVariant = Readonly<Record<string, number>>;

/**
 * Time of yolov5x on 1 to 8 cores ÷ its time on one core (series 84), both without the fixed part of the time, which more cores
 * do not shorten.
 */
const YOLO_SCALING: ByCores = { 1: 1, 2: 0.59, 4: 0.312, 8: 0.182 };
const YOLO_FIXED_MS = 32.6;
const YOLO_ONE_CORE_MS: ByVariant = {
  yolov5n: 30.6,
  yolov5s: 98.4,
  yolov5m: 261,
  yolov5l: 589,
  yolov5x: 1122,
};
const YOLO_RATIO: ByVariant = { yolov5n: 1.37, yolov5s: 1.25, yolov5m: 1.18, yolov5l: 1.16, yolov5x: 1.15 };

const isSmallResnet = (variant: string) => variant === 'resnet18' || variant === 'resnet34';
const SMALL_RESNET_SCALING: ByCores = { 2: 0.715, 4: 0.441, 8: 0.269 };
const LARGE_RESNET_SCALING: ByCores = { 2: 0.715, 4: 0.419, 8: 0.304 };
const RESNET_RATIO: ByVariant = {
  resnet18: 1.37,
  resnet34: 1.23,
  resnet50: 1.27,
  resnet101: 1.34,
  resnet152: 1.24,
};

/**
 * Ratio of p99 to mean for the language models, none of which has a complete row. It follows from table 6: a stage's SLA is 25
 * times the mean of its variants' p99 with the most cores (times 1.5 in nlp). For the translators this p99 is 1.28 times their
 * mean.
 */
const languageModelRatio = () => 1.3;

/** Time of one item in ms by cores, for the language identifier of series 98, an encoder with 12 layers. */
const ENCODER_MS: ByCores = { 1: 87.2, 2: 60.7, 4: 35.7, 8: 24.7 };
/**
 * Relative growth of a batch's time per further item. At batch 8 it is 0.22 to 0.30 for the language identifier, and 0.27 for
 * question answering.
 */
const encoderKappa = () => 0.27;

/** p99 of one item in ms on 4 cores (series 86; roberta: table 6). */
const ANSWER_P99_MS: ByVariant = {
  'deepset-xlm-roberta-base-squad2': 52.564,
  'deepset-roberta-base-squad2': 53.36,
};

/** Work of each sentiment encoder relative to one with 12 layers of width 768. */
const SENTIMENT_WORK: ByVariant = {
  'Souvikcmsa-SentimentAnalysisDistillBERT': 0.5,
  'Souvikcmsa-BERT_sentiment_analysis': 1,
  'Souvikcmsa-Roberta_Sentiment_Analysis': 3.55,
  'distilbert-base-uncased-finetuned-sst-2-english': 0.5,
};

/** Time of one item on one core ÷ that on two cores. Series 113 has 955 ms on one core for the translator opus-mt-fr-en. */
const TRANSLATE_ONE_CORE = 1.883;
/** Relative growth of the batch time of opus-mt-fr-en per further item, on 8 and 16 cores. */
const OPUS_KAPPA: ByCores = { 8: 0.2, 16: 0.15 };

/** The time of one item on each number of cores ÷ its time on two cores: geometric means over the two translators. */
const SUMMARISE_SCALING: ByCores = { 1: TRANSLATE_ONE_CORE, 4: 0.601, 8: 0.403, 16: 0.343 };

/** The rule of each stage, by its name. */
export const RULES: Readonly<Record<string, Rule>> = {
  detect: {
    oneItemMs: (variant, cores) => YOLO_FIXED_MS + YOLO_ONE_CORE_MS[variant]! * YOLO_SCALING[cores]!,
    kappa: (variant, cores) => (variant === 'yolov5n' && cores >= 4 ? 0.61 : 1),
    p99Ratio: (variant) => YOLO_RATIO[variant]!,
  },
  classify: {
    oneItemMs: (variant, cores) =>
      oneItemMs(variant, 1) * (isSmallResnet(variant) ? SMALL_RESNET_SCALING : LARGE_RESNET_SCALING)[cores]!,
    kappa: (variant) => (isSmallResnet(variant) ? 0.61 : 0.84),
    p99Ratio: (variant) => RESNET_RATIO[variant]!,
  },
  /**
   * All rows with batch 1 are public, so `oneItemMs` is not needed. The rows lack means, but their replicas did not keep up with
   * the load, so `fullBatchMs` derives the means from the throughput.
   */
  transcribe: { kappa: () => 0.6, p99Ratio: () => 1.1 },
  'identify-language': {
    oneItemMs: (_, cores) => ENCODER_MS[cores]!,
    kappa: encoderKappa,
    p99Ratio: languageModelRatio,
  },
  answer: {
    oneItemMs: (variant, cores) =>
      (ANSWER_P99_MS[variant]! / languageModelRatio()) * (ENCODER_MS[cores]! / ENCODER_MS[4]!),
    kappa: encoderKappa,
    p99Ratio: languageModelRatio,
  },
  sentiment: {
    oneItemMs: (variant, cores) => SENTIMENT_WORK[variant]! * ENCODER_MS[cores]!,
    kappa: encoderKappa,
    p99Ratio: languageModelRatio,
  },
  translate: {
    oneItemMs: (variant) => oneItemMs(variant, 2) * TRANSLATE_ONE_CORE,
    kappa: (variant, cores) => (variant === 'Helsinki-NLP-opus-mt-fr-en' && OPUS_KAPPA[cores]) || 0.37,
    p99Ratio: languageModelRatio,
  },
  summarise: {
    oneItemMs: (variant, cores) => oneItemMs(variant, 2) * SUMMARISE_SCALING[cores]!,
    kappa: () => 0.37,
    p99Ratio: languageModelRatio,
  },
};
