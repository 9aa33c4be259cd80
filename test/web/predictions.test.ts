import { describe, expect, it } from 'vitest';
import { Pipeline } from '../../models/manifests/pipeline.ts';
import type { ItemAnswer, ItemTruth } from '../../models/tasks/judge.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { textParts } from '../../web/views/items/text-parts.ts';
import {
  type Prediction,
  predictionLabel,
  predictionsOf,
  predictionText,
} from '../../web/views/request/predictions.ts';
import type { EndedRequest } from '../../workers/executor/run-options.ts';

const variants = [
  {
    name: 'only',
    sessions: { model: { file: 'a.onnx', sha256: '0'.repeat(64), sizeBytes: 1, dtype: 'fp32' as const } },
    accuracy: 0.9,
    accuracySource: 'invented',
  },
];

const input = { channels: 1, height: 100, width: 100 };

const SCENES = new Pipeline({
  name: 'scenes',
  stages: [
    { name: 'detect', task: 'object-detection', input, variants },
    { name: 'classify', task: 'image-classification', input, classes: ['Coat', 'Shirt'], variants },
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

/** Makes a classifier's answer with the next stage's answers about the same item; `truly` makes the truth likewise. */
const predicted = (label: number, ...children: ItemAnswer[]): ItemAnswer => ({
  result: { task: 'text-classification', label, score: 1 } as ItemAnswer['result'],
  children,
});
const truly = (truth: unknown, ...children: ItemTruth[]): ItemTruth => ({ truth, children });

const predictions = ({ first }: Pipeline, answer: ItemAnswer, truth: ItemTruth | null): Prediction[] =>
  predictionsOf(first, { answer: { answer } as EndedRequest['answer'], truth });

const box = (x0: number) => ({ x0, y0: 0, x1: x0 + 10, y1: 10 });

describe('the predictions on a picture', () => {
  const detected = (...places: number[]) =>
    ({
      task: 'object-detection',
      detections: places.map((x0) => ({ ...box(x0), score: 1 })),
    }) as ItemAnswer['result'];

  it('are right, wrong, not there, or missed, each at its place', () => {
    const found = predictions(
      SCENES,
      { result: detected(0, 20, 40), children: [predicted(0), predicted(0), predicted(1)] },
      truly([box(0), box(20), box(80)], truly(0), truly(1), truly(1)),
    );
    expect(found.map(({ verdict }) => verdict)).toEqual(['right', 'wrong', 'spurious', 'missed']);
    expect(found.map((prediction) => prediction.box!.x0)).toEqual([0, 20, 40, 80]);
    expect(found.map(predictionLabel)).toEqual(['✓ Coat', '✗ Coat (Shirt)', '✗ Shirt', '? Shirt']);
    expect(found.map(predictionText)).toEqual([
      'Coat',
      'Coat, truly Shirt',
      'Shirt, nothing there',
      'missed Shirt',
    ]);
  });
});

describe('the predictions of a request without labels', () => {
  it('are not judged', () => {
    const detections = [{ ...box(0), score: 1 }];
    const result = { task: 'object-detection', detections } as ItemAnswer['result'];
    const [prediction, ...others] = predictions(SCENES, { result, children: [predicted(1)] }, null);
    expect(others).toEqual([]);
    expect(prediction!.verdict).toBe('unjudged');
    expect(prediction!.box!.x0).toBe(0);
    expect([predictionLabel(prediction!), predictionText(prediction!)]).toEqual(['Shirt', 'Shirt']);
  });

  it('tell of an item that was not passed on', () => {
    const [prediction] = predictions(MAILS, predicted(FRENCH), null);
    expect(prediction!.stageAnswers.map(({ verdict, predicted }) => [verdict, predicted])).toEqual([
      ['unjudged', 'fra'],
      ['right', null],
    ]);
  });
});

describe('what the stages say of a text', () => {
  const stageAnswers = (answer: ItemAnswer, truth: ItemTruth) => {
    const [prediction] = predictions(MAILS, answer, truth);
    return {
      verdict: prediction!.verdict,
      predicted: prediction!.stageAnswers.map(({ predicted, truth }) => [predicted, truth]),
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

describe('what a stage that makes texts says', () => {
  const RECORDINGS = new Pipeline({
    name: 'recordings',
    stages: [
      {
        name: 'hear',
        task: 'automatic-speech-recognition',
        input: { encoding: 'samples', sampleRateHz: 16_000, secondsMax: 10 },
        output: { format: 'ctc' },
        variants,
      },
      { name: 'translate', task: 'translation', input: { length: 64, prefix: '' }, tokensMax: 64, variants },
    ] as readonly object[] as ManifestStage[],
  });
  const said = (text: string, ...children: ItemAnswer[]): ItemAnswer => ({
    result: { task: 'any', text } as ItemAnswer['result'],
    children,
  });

  it('has its score beside the true text, and the last text decides whether the request is right', () => {
    const [prediction] = predictions(
      RECORDINGS,
      said('good mourning', said('guten Morgen')),
      truly('good morning', truly('guten Morgen')),
    );
    expect(prediction).toEqual({
      verdict: 'right',
      box: null,
      span: null,
      stageAnswers: [
        {
          stage: 'hear',
          verdict: 'partly',
          predicted: 'good mourning',
          truth: 'good morning',
          score: { metric: '1 − WER', value: 0.5 },
        },
        {
          stage: 'translate',
          verdict: 'right',
          predicted: 'guten Morgen',
          truth: 'guten Morgen',
          score: { metric: 'chrF', value: 1 },
        },
      ],
    });
  });

  it('is partly right where the last text earns some of its points, and wrong where it earns none', () => {
    const verdictOf = (last: string) =>
      predictions(
        RECORDINGS,
        said('good morning', said(last)),
        truly('good morning', truly('guten Morgen')),
      )[0]!.verdict;
    expect(verdictOf('gute Morgen')).toBe('partly');
    expect(verdictOf('xyz')).toBe('wrong');
  });
});

describe('what is found in a text', () => {
  const NAMES = new Pipeline({
    name: 'names',
    stages: [
      { name: 'names', task: 'token-classification', classes: ['O', 'PER'], variants },
    ] as readonly object[] as ManifestStage[],
  });
  const entity = (type: string, start: number, end: number) => ({ type, start, end, text: '', score: 1 });
  const text = '😀 Anna met Rome in Bern';
  const marked = (found: Prediction[]) =>
    textParts(text, found).flatMap(({ text: own, mark }) => (mark ? [[own, mark.verdict, mark.label]] : []));

  it('is marked where it stands, with what it is and truly is', () => {
    const entities = [entity('PER', 2, 6), entity('PER', 11, 15), entity('LOC', 16, 18)];
    const truth = [entity('PER', 2, 6), entity('LOC', 11, 15), entity('LOC', 19, 23)];
    const result = { task: 'token-classification', entities } as ItemAnswer['result'];
    const found = predictions(NAMES, { result, children: [] }, truly(truth));
    expect(marked(found)).toEqual([
      ['Anna', 'right', '✓ PER'],
      ['Rome', 'wrong', '✗ PER (LOC)'],
      ['in', 'spurious', '✗ LOC'],
      ['Bern', 'missed', '? LOC'],
    ]);
    expect(
      textParts(text, found)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
    expect(marked(predictions(NAMES, { result, children: [] }, null))[0]).toEqual([
      'Anna',
      'unjudged',
      'PER',
    ]);
  });

  const ASKED = new Pipeline({
    name: 'asked',
    stages: [
      { name: 'answer', task: 'question-answering', variants },
    ] as readonly object[] as ManifestStage[],
  });
  const answer = (own: string, start: number) =>
    ({
      task: 'question-answering',
      text: own,
      start,
      end: start + own.length,
      score: 1,
    }) as ItemAnswer['result'];

  it('is the answer to a question, beside all that is right', () => {
    const [prediction] = predictions(
      ASKED,
      { result: answer('Anna met', 2), children: [] },
      truly(['Anna', 'she']),
    );
    expect(marked([prediction!])).toEqual([['Anna met', 'partly', null]]);
    expect(prediction!.stageAnswers).toMatchObject([
      { predicted: 'Anna met', truth: 'Anna / she', score: { metric: 'token F1', value: 2 / 3 } },
    ]);
  });

  it('is nothing where there is no answer', () => {
    const [prediction] = predictions(ASKED, { result: answer('', 0), children: [] }, truly(['']));
    expect(marked([prediction!])).toEqual([]);
    expect(prediction).toMatchObject({
      verdict: 'right',
      stageAnswers: [{ predicted: 'no answer', truth: 'no answer' }],
    });
  });

  it('is marked once where stretches overlap', () => {
    const spans = [entity('A', 2, 6), entity('B', 4, 9), entity('C', 6, 7)].map((span) => ({
      span: { ...span, label: span.type },
      verdict: 'right' as const,
    }));
    expect(textParts(text, spans).map((part) => part.mark?.label ?? part.text)).toEqual([
      '😀 ',
      '✓ A',
      '✓ C',
      'met Rome in Bern',
    ]);
  });
});
