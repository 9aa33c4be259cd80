import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFlac } from '../../models/items/flac.ts';
import { InvalidSoundError } from '../../models/items/sound.ts';
import { readSoundFile } from '../../models/items/sound-file.ts';
import { tone, wavOf } from './wav.ts';

/** Reads files that the reference encoder, flac 1.5.0, wrote; their samples come from a formula. */

const fixture = (name: string): Uint8Array =>
  readFileSync(new URL(`fixtures/flac/${name}.flac`, import.meta.url));

/** The formula: a triangle of another period in each channel, with a little noise. */
function sampleAt(i: number, channel: number, scale: number): number {
  const period = 40 + 13 * channel;
  const triangle = Math.abs((i % period) * 2 - period) - Math.floor(period / 2);
  return scale * triangle + ((i * i * 7919 + channel * 31) % 17);
}

const at = (rateHz: number, samplesMax = 10_000) => ({ sampleRateHz: rateHz, samplesMax });

test.each<[string, { rateHz: number; channels: number; bits: number; scale: number; count: number }]>([
  ['mono', { rateHz: 16_000, channels: 1, bits: 16, scale: 200, count: 1000 }],
  ['stereo', { rateHz: 44_100, channels: 2, bits: 16, scale: 300, count: 1000 }],
  ['deep', { rateHz: 48_000, channels: 2, bits: 24, scale: 90_000, count: 700 }],
])('a file that is %s gives the mean of its channels, sample by sample', (name, file) => {
  const samples = readSoundFile(fixture(name), at(file.rateHz));
  const expected = Array.from({ length: file.count }, (_, i) => {
    const sum = Array.from({ length: file.channels }, (_, c) => sampleAt(i, c, file.scale)).reduce(
      (a, b) => a + b,
    );
    return Math.fround(sum / file.channels / 2 ** (file.bits - 1));
  });
  expect([...samples]).toEqual(expected);
});

test('a file of another rate than the stage takes is converted, and one that lasts too long is refused', () => {
  expect(readFlac(fixture('stereo'), at(22_050))).toHaveLength(500);
  expect(() => readFlac(fixture('mono'), at(16_000, 999))).toThrow(/lasts 0\.063 s, and at most 0\.062 s/);
});

test('a file that does not say how long it is is read to its end, and not beyond what is taken', () => {
  const unknown = Uint8Array.from(fixture('mono'));
  // The lower bits of byte 21, and four bytes after it: the number of samples.
  unknown[21]! &= 0xf0;
  unknown.fill(0, 22, 26);
  expect(readFlac(unknown, at(16_000))).toEqual(readFlac(fixture('mono'), at(16_000)));
  expect(() => readFlac(unknown, at(16_000, 300))).toThrow(/more samples than/);
});

test.each<[string, (bytes: Uint8Array) => Uint8Array, RegExp]>([
  ['cut off in a frame', (bytes) => bytes.subarray(0, bytes.length - 9), /cut off/],
  ['cut off in its metadata', (bytes) => bytes.subarray(0, 20), /cut off/],
  ['without its last frames', (bytes) => bytes.subarray(0, 42), /should have 1000 samples, but has 0/],
  ['damaged', (bytes) => bytes.map((byte, i) => (i === 90 ? byte ^ 1 : byte)), /checksum|damaged|frame/],
])('a file that is %s is refused', (_, change, problem) => {
  const changed = change(Uint8Array.from(fixture('mono')));
  expect(() => readFlac(changed, at(16_000))).toThrow(InvalidSoundError);
  expect(() => readFlac(changed, at(16_000))).toThrow(problem);
});

test('whatever bytes change in a file, it gives other samples never, and no other error', () => {
  const honest = fixture('mono');
  const [samples, frames] = [readFlac(honest, at(16_000)), 42];
  const changes = fc.array(fc.tuple(fc.integer({ min: frames, max: honest.length - 1 }), fc.nat(255)), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(changes, (all) => {
      const changed = Uint8Array.from(honest);
      for (const [place, byte] of all) changed[place] = byte;
      try {
        expect(readFlac(changed, at(16_000))).toEqual(samples);
      } catch (error) {
        if (!(error instanceof InvalidSoundError)) throw error;
      }
    }),
    // The seed is fixed, because a checksum of 16 bits misses one change of 65,536.
    { seed: 1 },
  );
});

test('any bytes after the mark of a FLAC file are read as one or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (rest) => {
      const bytes = Uint8Array.of(0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34, ...rest);
      try {
        readFlac(bytes, at(16_000));
      } catch (error) {
        if (!(error instanceof InvalidSoundError)) throw error;
      }
    }),
  );
});

test('a file that is no FLAC is read as WAV', () => {
  expect(readSoundFile(wavOf(tone(440, 0.01, 16_000)), at(16_000))).toHaveLength(160);
  expect(() => readFlac(wavOf(tone(440, 0.01, 16_000)), at(16_000))).toThrow(/does not begin as a FLAC file/);
});
