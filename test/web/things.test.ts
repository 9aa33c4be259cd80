import { describe, expect, it } from 'vitest';
import { Pipeline } from '../../models/manifests/pipeline.ts';
import type { ItemAnswer, ItemTruth } from '../../models/tasks/judge.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { type Thing, thingLabel, thingsOf, thingText } from '../../web/views/request/things.ts';
import type { EndedRequest } from '../../workers/executor/run-options.ts';

const variants = [
  {
    name: 'only',
    sessions: { model: { file: 'a.onnx', sha256: '0'.repeat(64), sizeBytes: 1, dtype: 'fp32' as const } },
    accuracy: 0.9,
    accuracySource: 'invented',
  },
];

const SCENES = new Pipeline({
  name: 'scenes',
  stages: [
    { name: 'detect', task: 'object-detection', variants },
    { name: 'classify', task: 'image-classification', classes: ['Coat', 'Shirt'], variants },
  ] as readonly object[] as ManifestStage[],
});

const MAILS = new Pipeline({
  name: 'mails',
  stages: [
    { name: 'language', task: 'text-classification', classes: ['eng', 'fra'], passOn: ['eng'], variants },
    { name: 'filter', task: 'text-classification', classes: ['ham', 'spam'], variants },
  ] as readonly object[] as ManifestStage[],
});

const [ENGLISH, FRENCH] = [0, 1];
const [HAM, SPAM] = [0, 1];

/** A classifier's answer, or what is true, with what the next stage says of the same item. */
const predicted = (label: number, ...children: ItemAnswer[]): ItemAnswer => ({
  result: { task: 'text-classification', label, score: 1 } as ItemAnswer['result'],
  children,
});
const truly = (truth: unknown, ...children: ItemTruth[]): ItemTruth => ({ truth, children });

const things = ({ first }: Pipeline, answer: ItemAnswer, truth: ItemTruth): Thing[] =>
  thingsOf(first, { answer: { answer } as EndedRequest['answer'], truth });

const box = (x0: number) => ({ x0, y0: 0, x1: x0 + 10, y1: 10 });

describe('the things on a picture', () => {
  const detected = (...places: number[]) =>
    ({
      task: 'object-detection',
      detections: places.map((x0) => ({ ...box(x0), score: 1 })),
    }) as ItemAnswer['result'];

  it('are right, wrong, not there, or missed, each at its place', () => {
    const found = things(
      SCENES,
      { result: detected(0, 20, 40), children: [predicted(0), predicted(0), predicted(1)] },
      truly([box(0), box(20), box(80)], truly(0), truly(1), truly(1)),
    );
    expect(found.map(({ verdict }) => verdict)).toEqual(['right', 'wrong', 'spurious', 'missed']);
    expect(found.map((thing) => thing.box!.x0)).toEqual([0, 20, 40, 80]);
    expect(found.map(thingLabel)).toEqual(['✓ Coat', '✗ Coat (Shirt)', '✗ Shirt', '? Shirt']);
    expect(found.map(thingText)).toEqual([
      'Coat',
      'Coat, truly Shirt',
      'Shirt, nothing there',
      'missed Shirt',
    ]);
  });
});

describe('what the stages say of a text', () => {
  const stageAnswers = (answer: ItemAnswer, truth: ItemTruth) => {
    const [thing] = things(MAILS, answer, truth);
    return {
      verdict: thing!.verdict,
      predicted: thing!.stageAnswers.map(({ predicted, truth }) => [predicted, truth]),
    };
  };

  it('is right where every stage is', () => {
    expect(stageAnswers(predicted(ENGLISH, predicted(SPAM)), truly(ENGLISH, truly(SPAM)))).toEqual({
      verdict: 'right',
      predicted: [
        ['eng', 'eng'],
        ['spam', 'spam'],
      ],
    });
  });

  it('is right of a text that is rightly not passed on', () => {
    expect(stageAnswers(predicted(FRENCH), truly(FRENCH))).toEqual({
      verdict: 'right',
      predicted: [
        ['fra', 'fra'],
        [null, null],
      ],
    });
  });

  it('is wrong where the last stage is', () => {
    expect(stageAnswers(predicted(ENGLISH, predicted(HAM)), truly(ENGLISH, truly(SPAM)))).toEqual({
      verdict: 'wrong',
      predicted: [
        ['eng', 'eng'],
        ['ham', 'spam'],
      ],
    });
  });

  it('shows what was wrongly passed on, and what wrongly was not', () => {
    expect(stageAnswers(predicted(ENGLISH, predicted(HAM)), truly(FRENCH))).toEqual({
      verdict: 'wrong',
      predicted: [
        ['eng', 'fra'],
        ['ham', null],
      ],
    });
    expect(stageAnswers(predicted(FRENCH), truly(ENGLISH, truly(HAM)))).toEqual({
      verdict: 'wrong',
      predicted: [
        ['fra', 'eng'],
        [null, 'ham'],
      ],
    });
  });
});
