import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeFft } from '../../../models/tasks/automatic-speech-recognition/fft.ts';
import { makeLogMel } from '../../../models/tasks/automatic-speech-recognition/log-mel.ts';
import { logMelConfig } from '../../../models/tasks/automatic-speech-recognition/log-mel-config.ts';
import { writeRawSamples } from '../../../models/tasks/automatic-speech-recognition/raw-samples.ts';

/** A sweep that swells, a steady tone, and noise of a linear congruential generator, at 16 kHz. */
function sound(length: number, noise: number): Float32Array {
  const samples = new Float32Array(length);
  let state = 12345;
  for (let i = 0; i < length; i++) {
    const t = i / 16000;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    samples[i] =
      0.5 * Math.sin(2 * Math.PI * (200 + 300 * t) * t) * Math.abs(Math.sin(3 * t)) +
      0.1 * Math.sin(2 * Math.PI * 3100 * t) +
      noise * (state / 2 ** 31 - 1);
  }
  return samples;
}

const WHISPER = {
  feature_extractor_type: 'WhisperFeatureExtractor' as const,
  ...{ feature_size: 80, sampling_rate: 16000, n_fft: 400, hop_length: 160 },
  ...{ n_samples: 480_000, nb_max_frames: 3000 },
};

/** Some of the features that `WhisperFeatureExtractor` of @huggingface/transformers 4.3.1 gives for {@link sound}. */
interface Golden {
  readonly config: object;
  readonly samples: number;
  readonly noise: number;
  readonly dims: readonly [number, number];
  readonly at: readonly number[];
  readonly values: readonly number[];
}
const golden: Record<string, Golden> = JSON.parse(
  await readFile(new URL('../fixtures/log-mel.json', import.meta.url), 'utf8'),
);

const featuresOf = (config: object, samples: Float32Array) => {
  const logMel = makeLogMel(logMelConfig.parse({ ...WHISPER, ...config }));
  const out = new Float32Array(logMel.mels * logMel.frames).fill(Number.NaN);
  logMel.write(samples, out);
  return { out, dims: [logMel.mels, logMel.frames] };
};

test.each(Object.entries(golden))('features of a recording equal those of transformers.js: %s', (_, own) => {
  const { out, dims } = featuresOf(own.config, sound(own.samples, own.noise));
  expect(dims).toEqual(own.dims);
  expect(Math.max(...own.at.map((at, i) => Math.abs(out[at]! - own.values[i]!)))).toBeLessThan(1e-4);
});

test('silence has the same features everywhere', () => {
  const { out } = featuresOf({}, new Float32Array(8000));
  expect(new Set(out)).toEqual(new Set([-1.5]));
});

test('an odd number of frames, and a second recording after a loud one, have the features of each alone', () => {
  const logMel = makeLogMel({ ...WHISPER, n_samples: 1120 });
  const out = new Float32Array(80 * 7);
  logMel.write(sound(1120, 1), out);
  logMel.write(sound(500, 0), out);
  expect(logMel.frames).toBe(7);
  expect(out).toEqual(featuresOf({ n_samples: 1120 }, sound(500, 0)).out);
});

test('a configuration that no recording fits is refused', () => {
  expect(() => logMelConfig.parse({ ...WHISPER, n_samples: 300 })).toThrow(/more samples than n_fft/);
  expect(() => logMelConfig.parse({ ...WHISPER, hop_length: 0 })).toThrow();
});

test('the transform equals its definition at every size', () => {
  const value = fc.double({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 60 }), (values) => {
      const size = values.length;
      const [re, im] = [0, 1].map((part) => Float64Array.from(values, (pair) => pair[part]!));
      makeFft(size)(re!, im!);
      for (let k = 0; k < size; k++) {
        let [sumRe, sumIm] = [0, 0];
        values.forEach(([a, b], n) => {
          const turn = (-2 * Math.PI * ((k * n) % size)) / size;
          sumRe += a * Math.cos(turn) - b * Math.sin(turn);
          sumIm += a * Math.sin(turn) + b * Math.cos(turn);
        });
        expect(re![k]).toBeCloseTo(sumRe, 9);
        expect(im![k]).toBeCloseTo(sumIm, 9);
      }
    }),
  );
});

test('normalised samples have a mean of 0 and a variance of 1; silence stays silent', () => {
  const samples = sound(4000, 0.2).map((sample) => 0.1 + sample / 3);
  const out = new Float32Array(4001).fill(7);
  writeRawSamples(samples, { do_normalize: true }, out);
  const own = out.subarray(0, 4000);
  const mean = own.reduce((sum, value) => sum + value, 0) / 4000;
  expect(mean).toBeCloseTo(0, 5);
  expect(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4000).toBeCloseTo(1, 4);
  writeRawSamples(new Float32Array(10), { do_normalize: true }, out);
  expect(out.subarray(0, 10)).toEqual(new Float32Array(10));
});

test('samples that are not normalised stay as they are', () => {
  const samples = sound(100, 0.1);
  const out = new Float32Array(100);
  writeRawSamples(samples, { do_normalize: false }, out);
  expect(out).toEqual(samples);
});

test.each([true, false])(
  'a recording is followed by silence, whatever was in the memory: %s',
  (do_normalize) => {
    const out = new Float32Array(9).fill(7);
    writeRawSamples(Float32Array.of(0.5, -0.5), { do_normalize }, out);
    expect([...out.subarray(2)]).toEqual(Array(7).fill(0));
  },
);
