import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resample } from '../../models/items/resample.ts';
import { InvalidSoundError } from '../../models/items/sound.ts';
import { readWav } from '../../models/items/wav.ts';
import { chunk, dataChunk, formatChunk, tone, type WavOptions, wave, wavOf } from './wav.ts';

const FORMAT = { sampleRateHz: 16000, samplesMax: 160_000 };

const ENCODINGS: readonly WavOptions[] = [
  ...([8, 16, 24, 32] as const).map((bits) => ({ bits })),
  { bits: 32, float: true },
  { bits: 24, extensible: true },
];

test.each(ENCODINGS)('samples are read from every encoding: %o', (encoding) => {
  const samples = [0, 0.5, -0.5, 1, -1, 0.25];
  const read = readWav(wavOf(samples, encoding), FORMAT);
  const grain = 2 ** (2 - encoding.bits!);
  expect(read).toHaveLength(samples.length);
  samples.forEach((sample, i) => {
    expect(Math.abs(read[i]! - sample)).toBeLessThan(grain);
  });
});

test('channels are mixed to their mean', () => {
  const file = wavOf([0.5, 0.25, -1, 1], { channels: 2, bits: 32, float: true });
  expect([...readWav(file, FORMAT)]).toEqual([0.375, 0]);
});

test('chunks of other kinds are passed over, also of an odd size, and bytes after the file are not read', () => {
  const file = wave(
    chunk('LIST', new Uint8Array(7)),
    formatChunk({}),
    dataChunk([0.5, 0.5, 0.5], {}),
    chunk('id3 ', new Uint8Array(1)),
  );
  expect(readWav(Buffer.concat([file, new Uint8Array(99)]), FORMAT)).toHaveLength(3);
});

/** Measures the amplitude of a tone in samples, away from their ends, by projection on sine and cosine. */
function amplitude(samples: Float32Array, hz: number, rateHz: number): number {
  const inner = samples.subarray(rateHz / 10, samples.length - rateHz / 10);
  let [sin, cos] = [0, 0];
  inner.forEach((sample, i) => {
    sin += sample * Math.sin((2 * Math.PI * hz * i) / rateHz);
    cos += sample * Math.cos((2 * Math.PI * hz * i) / rateHz);
  });
  return (2 * Math.hypot(sin, cos)) / inner.length;
}
const power = (samples: Float32Array): number =>
  samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length;

test.each([
  [44100, 16000],
  [8000, 16000],
  [16000, 22050],
  [96000, 16000],
  [11025, 16000],
])('a tone keeps its frequency, amplitude and length from %i to %i Hz', (fromHz, toHz) => {
  const out = resample(tone(440, 1, fromHz), fromHz, toHz);
  expect(out).toHaveLength(toHz);
  expect(amplitude(out, 440, toHz)).toBeCloseTo(0.5, 4);
  // All that is not the tone lies 70 dB below it.
  const expected = tone(440, 1, toHz);
  const error = out.map((sample, i) => sample - expected[i]!).subarray(toHz / 10, -toHz / 10);
  expect(power(error) / power(expected)).toBeLessThan(1e-7);
});

test('a tone that the lower rate cannot hold is attenuated by 80 dB', () => {
  const out = resample(tone(10_000, 1, 44100), 44100, 16000).subarray(1600, -1600);
  expect(10 * Math.log10(power(out) / 0.125)).toBeLessThan(-80);
});

test.each([0xffffffff, 0x7ffff024])(
  'a file that a pipe was written to, of the size %i, has its samples',
  (size) => {
    const file = Buffer.from(wavOf([0.5, 0.5, 0.5]));
    for (const at of [4, 40]) file.writeUInt32LE(size, at);
    expect(readWav(file, FORMAT)).toHaveLength(3);
  },
);

test('hostile headers are refused, with what is wrong', () => {
  const fileOf = (options: WavOptions, samples: number[] = [0, 0]) =>
    wave(formatChunk(options), dataChunk(samples, {}));
  const claims = (at: number, value: number) => {
    const file = Buffer.from(wavOf([0.5, 0.5]));
    file.writeUInt32LE(value, at);
    return file;
  };
  const refused = (file: Uint8Array, problem: RegExp) => {
    expect(() => readWav(file, FORMAT)).toThrow(InvalidSoundError);
    expect(() => readWav(file, FORMAT)).toThrow(problem);
  };
  refused(new Uint8Array(3), /does not begin as a WAV file/);
  refused(new TextEncoder().encode('ID3 an MP3 file, not a wave'), /does not begin as a WAV file/);
  refused(claims(4, 100), /should have 108 bytes, but ends after 48/);
  refused(claims(16, 0xffffffff), /chunk "fmt " should have 4294967295 bytes, but 28 follow/);
  refused(claims(40, 5), /chunk "data" should have 5 bytes, but 4 follow/);
  refused(fileOf({ channels: 0 }), /0 channels/);
  refused(fileOf({ channels: 9 }), /9 channels/);
  refused(fileOf({ rateHz: 0 }), /rate is 0 Hz/);
  refused(fileOf({ rateHz: 1_000_000_000 }), /rate is 1000000000 Hz/);
  refused(wave(chunk('fmt ', new Uint8Array(8))), /format has 8 of 16 bytes/);
  refused(wave(dataChunk([0], {}), formatChunk({})), /samples come before their format/);
  refused(wave(formatChunk({})), /no samples/);
  refused(fileOf({}, []), /no samples/);
  refused(wavOf([Number.NaN], { bits: 32, float: true }), /sample 0 is not a finite number/);
  refused(fileOf({ bits: 12 as 8 }), /12 bits in format 1/);
  const aligned = Buffer.from(wavOf([0.5, 0.5]));
  aligned.writeUInt16LE(3, 32);
  refused(aligned, /3 bytes for 1 samples of 16 bits/);
});

test('a recording that is longer than the stage takes is refused before it is converted', () => {
  const file = wavOf(new Float32Array(20_001), { rateHz: 1000, bits: 8 });
  expect(() => readWav(file, { sampleRateHz: 48000, samplesMax: 48000 * 20 })).toThrow(
    /lasts 20\.001 s, and at most 20\.000 s are taken/,
  );
});

test('changed files give samples or a clear error, and nothing else', () => {
  const seeds = ENCODINGS.map((encoding) =>
    wavOf(tone(440, 0.004, 8000), { rateHz: 8000, channels: 2, ...encoding }),
  );
  const value = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 127, 128, 255));
  const edits = fc.array(fc.tuple(fc.oneof(fc.nat(60), fc.nat()), value), { maxLength: 8 });
  const keep = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(fc.constantFrom(...seeds), edits, keep, (seed, changes, share) => {
      const file = seed.slice(0, Math.ceil(seed.length * share));
      for (const [at, changed] of changes) if (file.length > 0) file[at % file.length] = changed;
      try {
        const samples = readWav(file, FORMAT);
        expect(samples.length).toBeGreaterThan(0);
        expect(samples.length).toBeLessThanOrEqual(FORMAT.samplesMax);
        expect(samples.every(Number.isFinite)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidSoundError);
      }
    }),
    { numRuns: 10_000 },
  );
});
