import { makeFft } from './fft.ts';
import type { LogMelConfig } from './log-mel-config.ts';
import { log10InPlace } from './log10.ts';

/** Log-mel features, as the encoders of Whisper take them. */

interface LogMel {
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
/** Lower limit of a band's power, so that silence has a finite logarithm. */
const POWER_MIN = 1e-10;
/** Dynamic range of a recording, in powers of ten: bands weaker than the loudest power ÷ 10^RANGE are raised to that. */
const RANGE = 8;

/** Slaney's mel scale: linear up to 1000 Hz (15 mels), then 27 mels for each factor of 6.4. */
const KNEE_HZ = 1000;
const KNEE_MEL = 15;
const MELS_PER_E = 27 / Math.log(6.4);
const melOf = (hz: number): number =>
  hz < KNEE_HZ ? (hz * KNEE_MEL) / KNEE_HZ : KNEE_MEL + Math.log(hz / KNEE_HZ) * MELS_PER_E;
const hzOf = (mel: number): number =>
  mel < KNEE_MEL ? (mel * KNEE_HZ) / KNEE_MEL : KNEE_HZ * Math.exp((mel - KNEE_MEL) / MELS_PER_E);

/** The mel bands: for each, the index of its first FFT bin, and the end (exclusive) of its bins' weights in `weights`. */
interface Bands {
  readonly firsts: Int32Array;
  readonly ends: Int32Array;
  readonly weights: Float64Array;
}

/** Makes triangles of equal width in mel and of area 1 over Hz (Slaney's), each from one neighbour's middle to the other's. */
function makeBands({ feature_size, n_fft, sampling_rate }: LogMelConfig): Bands {
  const edges = Array.from({ length: feature_size + 2 }, (_, i) =>
    hzOf((melOf(TOP_HZ) * i) / (feature_size + 1)),
  );
  const bins = Math.floor(n_fft / 2) + 1;
  const hzPerBin = Math.floor(sampling_rate / 2) / (bins - 1);
  const firsts = new Int32Array(feature_size);
  const ends = new Int32Array(feature_size);
  const weights: number[] = [];
  for (let band = 0; band < feature_size; band++) {
    const [low, middle, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
    firsts[band] = Math.ceil(low / hzPerBin);
    for (let bin = firsts[band]!; bin < Math.min(bins, Math.floor(high / hzPerBin) + 1); bin++) {
      const height = Math.min(
        (bin * hzPerBin - low) / (middle - low),
        (high - bin * hzPerBin) / (high - middle),
      );
      weights.push((2 * Math.max(0, height)) / (high - low));
    }
    ends[band] = weights.length;
  }
  return { firsts, ends, weights: Float64Array.from(weights) };
}

/**
 * Returns an object that computes Whisper's features (Radford et al. 2022, section 2.2): the power of frames under a periodic
 * Hann window, in mel bands, as logarithms, none more than {@link RANGE} below the loudest, scaled to about −1 to 1. The
 * recording is reflected at its ends. The features equal those of transformers.js to 1e-4.
 */
export function makeLogMel(config: LogMelConfig): LogMel {
  const { n_fft: size, hop_length: hop, n_samples: length, feature_size: mels } = config;
  const frames = Math.min(Math.floor(length / hop), config.nb_max_frames);
  const { firsts, ends, weights } = makeBands(config);
  const half = Math.floor(size / 2);
  const window = Float64Array.from(
    { length: size },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size),
  );
  const fft = makeFft(size);
  const re = new Float64Array(size);
  const im = new Float64Array(size);

  /**
   * Loads two neighbouring frames under the window: the first as real parts, the second as imaginary ones.
   * @param heard the recording without the zeros at its end
   */
  function load(heard: Float32Array, frame: number): void {
    const start = frame * hop - half;
    if (start >= 0 && start + hop + size <= heard.length) {
      for (let i = 0; i < size; i++) {
        const weight = window[i]!;
        re[i] = heard[start + i]! * weight;
        im[i] = heard[start + hop + i]! * weight;
      }
      return;
    }
    const reflected = (at: number) => heard[at < length ? at : 2 * (length - 1) - at] ?? 0;
    for (let i = 0; i < size; i++) {
      re[i] = reflected(Math.abs(start + i)) * window[i]!;
      im[i] = reflected(Math.abs(start + hop + i)) * window[i]!;
    }
  }

  /** Replaces the two loaded frames by their power spectra. One complex transform serves both, because both frames are real. */
  function transform(): void {
    fft(re, im);
    for (let k = 0; k <= half; k++) {
      const mirror = k === 0 ? 0 : size - k;
      const a = re[k]!;
      const b = im[k]!;
      const c = re[mirror]!;
      const d = im[mirror]!;
      re[k] = ((a + c) * (a + c) + (b - d) * (b - d)) / 4;
      im[k] = ((b + d) * (b + d) + (a - c) * (a - c)) / 4;
    }
  }

  /** Writes the power of both loaded frames, or only of the first, in each band. Returns the largest power. */
  function writeBands(out: Float32Array, frame: number, both: boolean): number {
    let loudest = POWER_MIN;
    for (let band = 0, weight = 0; band < mels; band++) {
      const end = ends[band]!;
      let first = 0;
      let second = 0;
      for (let bin = firsts[band]!; weight < end; weight++, bin++) {
        first += weights[weight]! * re[bin]!;
        second += weights[weight]! * im[bin]!;
      }
      const at = band * frames + frame;
      out[at] = first;
      if (first > loudest) loudest = first;
      if (both) {
        out[at + 1] = second;
        if (second > loudest) loudest = second;
      }
    }
    return loudest;
  }

  /** Counts the frames up to the last one that contains a sample before `end`. The last frames contain reflected samples. */
  function framesBefore(end: number): number {
    for (let frame = frames; frame > 0; frame--) {
      const start = (frame - 1) * hop - half;
      if (Math.min(start, 2 * (length - 1) - (start + size - 1)) < end) return frame;
    }
    return 0;
  }

  return {
    mels,
    frames,
    write(samples, out) {
      let end = Math.min(samples.length, length);
      while (end > 0 && samples[end - 1] === 0) end--;
      const heard = samples.subarray(0, end);
      const sounding = framesBefore(end);
      let loudest = POWER_MIN;
      for (let frame = 0; frame < sounding; frame += 2) {
        load(heard, frame);
        transform();
        loudest = Math.max(loudest, writeBands(out, frame, frame + 1 < sounding));
      }
      const least = Math.max(POWER_MIN, loudest / 10 ** RANGE);
      const silence = 0.25 * Math.log10(least) + 1;
      for (let from = 0; from < out.length; from += frames) {
        const band = out.subarray(from, from + sounding);
        for (let i = 0; i < sounding; i++) if (band[i]! < least) band[i] = least;
        log10InPlace(band, 0.25, 1);
        out.fill(silence, from + sounding, from + frames);
      }
    },
  };
}
