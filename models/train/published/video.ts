import { CLUSTER, notebooks, oneItemOf, rows, SOURCES, variants } from './facts.ts';
import type { PipelineFacts, StageFacts } from './rules.ts';

/** Time of yolov5x on 1 to 8 cores, as a share of its time on one core (series 84). The fixed part, which more cores do not shorten, is left out. */
const YOLO_SCALING: Record<number, number> = { 1: 1, 2: 0.59, 4: 0.312, 8: 0.182 };
const YOLO_FIXED_MS = 32.6;
const YOLO_ONE_CORE_MS: Record<string, number> = {
  yolov5n: 30.6,
  yolov5s: 98.4,
  yolov5m: 261,
  yolov5l: 589,
  yolov5x: 1122,
};
const YOLO_RATIO: Record<string, number> = {
  yolov5n: 1.37,
  yolov5s: 1.25,
  yolov5m: 1.18,
  yolov5l: 1.16,
  yolov5x: 1.15,
};

const DETECT: StageFacts = {
  name: 'detect',
  task: 'object-detection',
  metric: 'mAP@0.5 (COCO)',
  thresholdPerS: 4,
  variants: variants(
    'code',
    ['yolov5n', 0.457, 1, 1.9],
    ['yolov5s', 0.568, 1, 7.2],
    ['yolov5m', 0.641, 2, 21.2],
    ['yolov5l', 0.673, 4, 46.5],
    ['yolov5x', 0.689, 8, 86.7],
  ),
  rows: [
    ...rows(
      'series-84',
      20,
      ['yolov5n', 1, 1, 63.238, 86.638, 15.377],
      ['yolov5x', 1, 1, 1154.423, 1295.726, 0.864],
      ['yolov5x', 2, 1, 694.41, 784.726, 1.435],
      ['yolov5x', 4, 1, 382.336, 440.585, 2.602],
      ['yolov5x', 8, 1, 237.255, 280.604, 4.181],
    ),
    ...rows(
      'series-71',
      20,
      ['yolov5n', 1, 2, undefined, undefined, 14.169],
      ['yolov5n', 1, 8, 481.867, 655.471, 14.167],
      ['yolov5n', 2, 1, undefined, undefined, 17.992],
      ['yolov5n', 4, 1, 42.168, undefined, 20],
      ['yolov5n', 4, 2, 70.298, undefined, 19.943],
      ['yolov5n', 4, 8, 221.489, undefined, 19.88],
      ['yolov5m', 1, 1, 293.608, 347.349, 3.37],
      ['yolov5m', 1, 8, 1654.417, 2846.765, 3.101],
    ),
    ...rows(
      'series-74',
      20,
      ['yolov5x', 4, 2, 679.981, undefined, 2.916],
      ['yolov5x', 4, 8, 1994.416, undefined, 2.563],
    ),
  ],
  oneItemMs: (variant, cores) => YOLO_FIXED_MS + YOLO_ONE_CORE_MS[variant]! * YOLO_SCALING[cores]!,
  kappa: (variant, cores) => (variant === 'yolov5n' && cores >= 4 ? 0.61 : 1),
  p99Ratio: (variant) => YOLO_RATIO[variant]!,
  rule: 'rule-detect',
};

const RESNET_SCALING: Record<'small' | 'large', Record<number, number>> = {
  small: { 2: 0.715, 4: 0.441, 8: 0.269 },
  large: { 2: 0.715, 4: 0.419, 8: 0.304 },
};
const RESNET_RATIO: Record<string, number> = {
  resnet18: 1.37,
  resnet34: 1.23,
  resnet50: 1.27,
  resnet101: 1.34,
  resnet152: 1.24,
};
const resnetSize = (variant: string) =>
  variant === 'resnet18' || variant === 'resnet34' ? 'small' : 'large';

const RESNET_ROWS = [
  ...rows(
    'series-72',
    20,
    ['resnet18', 1, 1, 53.943, 73.85, 17.652],
    ['resnet18', 1, 2, 82.517, 110.46, 19.989],
    ['resnet18', 1, 8, 284.308, 383.903, 19.977],
    ['resnet50', 1, 8, 543.293, 833.928, 10.868],
    ['resnet152', 2, 1, 182.44, 239.606, 5.387],
  ),
  ...rows(
    'series-82',
    20,
    ['resnet34', 1, 1, 88.35, 108.74, 11.084],
    ['resnet50', 1, 1, 106.469, 134.854, 9.217],
    ['resnet101', 1, 1, 181.192, 243.039, 5.457],
    ['resnet152', 1, 1, 255.255, 316.908, 3.884],
  ),
  ...rows(
    'series-83',
    80,
    ['resnet18', 4, 1, 23.808, 31.796, 37.37],
    ['resnet18', 8, 1, 14.493, 19.353, 62.547],
    ['resnet50', 4, 1, 44.594, 57.25, 21.538],
    ['resnet50', 8, 1, 32.315, 40.784, 29.221],
  ),
];

const CLASSIFY: StageFacts = {
  name: 'classify',
  task: 'image-classification',
  metric: 'top-1 accuracy (ImageNet)',
  thresholdPerS: 4,
  variants: variants(
    'code',
    ['resnet18', 0.6975, 1, 11.7],
    ['resnet34', 0.7331, 1, 21.8],
    ['resnet50', 0.7613, 1, 25.5],
    ['resnet101', 0.7737, 1, 44.54],
    ['resnet152', 0.7831, 2, 60.2],
  ),
  rows: RESNET_ROWS,
  oneItemMs: (variant, cores) =>
    oneItemOf(RESNET_ROWS, variant, 1) * RESNET_SCALING[resnetSize(variant)][cores]!,
  kappa: (variant) => (resnetSize(variant) === 'small' ? 0.61 : 0.84),
  p99Ratio: (variant) => RESNET_RATIO[variant]!,
  rule: 'rule-classify',
};

export const VIDEO: PipelineFacts = {
  name: 'ipa-video',
  title: "IPA's video monitoring: object detection, then classification",
  sources: {
    ...SOURCES,
    'series-71': notebooks('71', 'YOLOv5, behind the reported runs'),
    'series-72': notebooks('72', 'ResNet, behind the reported runs'),
    'series-74': notebooks('74', 'YOLOv5, same machines'),
    'series-82': notebooks('82', 'ResNet on one core, same machines, figure 2 of the submission'),
    'series-83': notebooks('83', 'ResNet, same machines, table 2 of the submission'),
    'series-84': notebooks('84', 'YOLOv5, same machines, table 4 of the submission'),
    'rule-detect':
      'One item: 32.6 ms + work · s(cores). s from yolov5x at 1 to 8 cores, 32.6 ms from yolov5n at 1 and 4 cores; work on one core measured for n, m, x, for s and l between them by GFLOPs (ultralytics/yolov5 README: 4.5, 16.5, 49.0, 109.1, 205.7). Batches gain nothing (growth 1 per item; measured 0.8 to 1.1), but 0.61 for n on 4 cores as measured. p99 / mean of the variant at batch 1; s and l between.',
    'rule-classify':
      'One item: its time on one core · s(cores), s from resnet18 (also for 34) and resnet50 (also for 101, 152) at 4 and 8 cores, from resnet152 at 2. Growth per item of a batch: 0.61 of resnet18 (also for 34), 0.84 of resnet50 (also for 101, 152), both on one core at batch 8. p99 / mean of the variant on one core.',
  },
  ...CLUSTER,
  slaMs: 6890,
  weights: { alpha: 2, beta: 1, delta: 1e-6, accuracy: 'product' },
  batchMax: 8,
  restrictTo: {},
  fa2High: { detect: 'yolov5s', classify: 'resnet101' },
  fa2Low: { detect: 'yolov5n', classify: 'resnet18' },
  rimReplicas: { detect: 3, classify: 3 },
  stages: [DETECT, CLASSIFY],
};
