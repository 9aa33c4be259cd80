import { makeFft } from './fft.ts';
import type { LogMelConfig } from './log-mel-config.ts';

/** Log-mel features, as the encoders of Whisper take them. */

export interface LogMel {
  readonly mels: number;
  readonly frames: number;
  /**
   * Computes the features of a recording.
   * @param samples at the configured rate; samples after `n_samples` are left out, missing ones are silence
   * @param out [mels, frames]; every value is overwritten
   */
  write(samples: Float32Array, out: Float32Array): void;
}

/** The mel bands reach up to this frequency, at every sampling rate. */
const TOP_HZ = 8000;
/** Least power of a band, so that silence has a logarithm. */
const POWER_MIN = 1e-10;
/** Features lie within this many powers of ten of the loudest one. */
const RANGE = 8;

/** Slaney's mel scale: linear up to 1000 Hz (15 mels), then 27 mels for each factor of 6.4. */
const KNEE_HZ = 1000;
const KNEE_MEL = 15;
const MELS_PER_E = 27 / Math.log(6.4);
const melOf = (hz: number): number =>
  hz < KNEE_HZ ? (hz * KNEE_MEL) / KNEE_HZ : KNEE_MEL + Math.log(hz / KNEE_HZ) * MELS_PER_E;
const hzOf = (mel: number): number =>
  mel < KNEE_MEL ? (mel * KNEE_HZ) / KNEE_MEL : KNEE_HZ * Math.exp((mel - KNEE_MEL) / MELS_PER_E);

/** Weights of one mel band, for the frequencies from index `first` on. */
interface Band {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Triangles of equal width in mel, each of which touches its neighbours' middles, with an area of 1 Hz (Slaney's). */
function makeBands({ feature_size, n_fft, sampling_rate }: LogMelConfig): Band[] {
  const edges = Array.from({ length: feature_size + 2 }, (_, i) =>
    hzOf((melOf(TOP_HZ) * i) / (feature_size + 1)),
  );
  const bins = Math.floor(n_fft / 2) + 1;
  const hzPerBin = Math.floor(sampling_rate / 2) / (bins - 1);
  return Array.from({ length: feature_size }, (_, band) => {
    const [low, middle, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
    const first = Math.min(bins, Math.ceil(low / hzPerBin));
    const end = Math.max(first, Math.min(bins, Math.floor(high / hzPerBin) + 1));
    const weights = Float64Array.from({ length: end - first }, (_, i) => {
      const hz = (first + i) * hzPerBin;
      const height = Math.min((hz - low) / (middle - low), (high - hz) / (high - middle));
      return (2 * Math.max(0, height)) / (high - low);
    });
    return { first, weights };
  });
}

/**
 * Makes Whisper's features (Radford et al. 2022, section 2.2): the power of frames under a periodic Hann window, in mel bands, as
 * logarithms that are clamped to the loudest and scaled to about −1 to 1. At its ends the recording is reflected. The features
 * equal those of transformers.js to 1e-4.
 */
export function makeLogMel(config: LogMelConfig): LogMel {
  const { n_fft: size, hop_length: hop, n_samples: length } = config;
  const frames = Math.min(Math.floor(length / hop), config.nb_max_frames);
  const bands = makeBands(config);
  const half = Math.floor(size / 2);
  const window = Float64Array.from(
    { length: size },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size),
  );
  const fft = makeFft(size);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  const powers = [new Float64Array(half + 1), new Float64Array(half + 1)] as const;

  /** Writes a frame under the window. Returns whether it is silent. */
  function load(samples: Float32Array, frame: number, into: Float64Array): boolean {
    let silent = true;
    for (let i = 0; i < size; i++) {
      const at = Math.abs(frame * hop + i - half);
      const sample = samples[at < length ? at : 2 * (length - 1) - at] ?? 0;
      if (sample !== 0) silent = false;
      into[i] = sample * window[i]!;
    }
    return silent;
  }

  /** The powers of two frames by one transform, which has one frame as its real and the other as its imaginary part. */
  function transform(): void {
    fft(re, im);
    const [first, second] = powers;
    for (let k = 0; k <= half; k++) {
      const mirror = k === 0 ? 0 : size - k;
      const a = re[k]!;
      const b = im[k]!;
      const c = re[mirror]!;
      const d = im[mirror]!;
      first[k] = ((a + c) ** 2 + (b - d) ** 2) / 4;
      second[k] = ((b + d) ** 2 + (a - c) ** 2) / 4;
    }
  }

  return {
    mels: bands.length,
    frames,
    write(samples, out) {
      const heard = samples.subarray(0, length);
      let loudest = Math.log10(POWER_MIN);
      out.fill(loudest);
      for (let frame = 0; frame < frames; frame += 2) {
        const silent = load(heard, frame, re);
        // The frame after the last one is computed with it, and left out.
        if (load(heard, frame + 1, im) && silent) continue;
        transform();
        for (let own = 0; own < 2 && frame + own < frames; own++) {
          const power = powers[own]!;
          bands.forEach(({ first, weights }, band) => {
            let sum = 0;
            for (let i = 0; i < weights.length; i++) sum += weights[i]! * power[first + i]!;
            const feature = Math.log10(Math.max(POWER_MIN, sum));
            out[band * frames + frame + own] = feature;
            if (feature > loudest) loudest = feature;
          });
        }
      }
      const floor = loudest - RANGE;
      for (let i = 0; i < out.length; i++) out[i] = (Math.max(out[i]!, floor) + 4) / 4;
    },
  };
}
