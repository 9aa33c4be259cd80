import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ctcTranscript,
  greedyPath,
  readCtcAlphabet,
} from '../../../models/tasks/automatic-speech-recognition/ctc.ts';
import { InvalidDocumentError } from '../../../solver/documents/document.ts';
import { ctcTokenizer } from './tokenizer.ts';

const alphabet = readCtcAlphabet(ctcTokenizer());
const CLASSES = 8;
const [PAD, START, GAP, A, B, ACUTE] = [0, 1, 3, 4, 5, 7];

/** Logits whose largest value of each frame is at the given class. */
const logitsOf = (path: readonly number[]): Float32Array => {
  const logits = new Float32Array(path.length * CLASSES).fill(-1);
  path.forEach((best, frame) => {
    logits[frame * CLASSES + best] = 1;
  });
  return logits;
};
const textOf = (...path: number[]) => ctcTranscript(logitsOf(path), CLASSES, alphabet).text;

test('a letter that lasts several frames counts once, and a blank tells double letters apart', () => {
  expect(textOf(PAD, A, A, PAD, A, B, B, PAD)).toBe('AAB');
  expect(textOf(A, A, A)).toBe('A');
  expect(textOf()).toBe('');
});

test('the word delimiter becomes one space between words, and special tokens have no text', () => {
  expect(textOf(GAP, START, A, GAP, PAD, GAP, B, ACUTE, GAP)).toBe('A BÉ');
});

test('a class without a token has no text', () => {
  expect(textOf(A, 6, B)).toBe('AB');
});

test('runs and blanks vanish for every path, as by a search from the left', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: CLASSES - 1 })), (path) => {
      const expected = path.filter((best, i) => best !== PAD && best !== path[i - 1]);
      expect(greedyPath(logitsOf(path), CLASSES, PAD).classes).toEqual(expected);
    }),
  );
});

test('a model that gives no classes transcribes nothing', () => {
  expect(greedyPath(new Float32Array(0), 0, PAD)).toEqual({ classes: [], score: 1 });
});

test('a transcript is as sure as its frames are: the geometric mean of their probabilities', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: CLASSES, maxLength: CLASSES }),
        { minLength: 1, maxLength: 12 },
      ),
      (frames) => {
        const product = frames.reduce((soFar, frame) => {
          const exponentials = frame.map((logit) => Math.exp(Math.fround(logit)));
          return soFar * (Math.max(...exponentials) / exponentials.reduce((sum, one) => sum + one));
        }, 1);
        const { score } = ctcTranscript(Float32Array.from(frames.flat()), CLASSES, alphabet);
        expect(score).toBeCloseTo(product ** (1 / frames.length), 5);
      },
    ),
  );
  expect(ctcTranscript(new Float32Array(), CLASSES, alphabet).score).toBe(1);
});

test('a tokenizer that is not for CTC is refused', () => {
  expect(() => readCtcAlphabet(ctcTokenizer({ decoder: { type: 'ByteLevel' } }))).toThrow(
    InvalidDocumentError,
  );
  const unknown = { decoder: { type: 'CTC', pad_token: '<blank>', word_delimiter_token: '|' } };
  expect(() => readCtcAlphabet(ctcTokenizer(unknown))).toThrow(
    /pad_token: expected a token of the vocabulary/,
  );
});
