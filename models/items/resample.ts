/** Zero crossings of the filter on each side: more of them make the filter steeper and slower. */
const CROSSINGS = 32;
/** The filter halves the amplitude at this fraction of the lower Nyquist frequency; its stop band begins at fraction 1. */
const CUTOFF = 0.92;
/** Shape of the Kaiser window: the stop band lies about 90 dB below the pass band. */
const BETA = 9;
/** Values of the filter for each zero crossing. Interpolation between these values has an error below −100 dB. */
const FINENESS = 512;

/** The modified Bessel function of the first kind, of order 0, by its power series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** Makes one side of a low-pass filter, sin(πx) / πx under a Kaiser window. */
function makeFilter(): Float64Array {
  // The zero at the end serves the interpolation after the last value.
  const filter = new Float64Array(CROSSINGS * FINENESS + 2);
  filter[0] = 1;
  for (let i = 1; i <= CROSSINGS * FINENESS; i++) {
    const x = i / FINENESS;
    const window = bessel(BETA * Math.sqrt(1 - (x / CROSSINGS) ** 2)) / bessel(BETA);
    filter[i] = (Math.sin(Math.PI * x) / (Math.PI * x)) * window;
  }
  return filter;
}

let filter: Float64Array | undefined;

/**
 * Converts a recording to another rate, by a windowed sinc (Smith, Digital Audio Resampling, 2002). Tones below 83 % of the lower
 * Nyquist frequency keep their amplitude; tones above the lower Nyquist frequency fall by 80 dB or more. The time grows with the
 * length of the input or output, whichever is longer.
 */
export function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array<ArrayBuffer> {
  if (fromHz === toHz) return Float32Array.from(samples);
  filter ??= makeFilter();
  const out = new Float32Array(Math.max(1, Math.round((samples.length * toHz) / fromHz)));
  const scale = Math.min(1, toHz / fromHz) * CUTOFF;
  const reach = CROSSINGS / scale;
  const step = scale * FINENESS;
  for (let i = 0; i < out.length; i++) {
    const centre = (i * fromHz) / toHz;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    let sum = 0;
    for (let s = first; s <= last; s++) {
      const x = Math.abs(s - centre) * step;
      const at = Math.floor(x);
      const low = filter[at]!;
      sum += samples[s]! * (low + (x - at) * (filter[at + 1]! - low));
    }
    out[i] = sum * scale;
  }
  return out;
}
