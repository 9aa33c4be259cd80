/** One step of a transform: it joins `radix` transforms of a part of the values into one. */
interface Step {
  readonly radix: number;
  /** Number of values of each smaller transform that this step leaves for the next steps. */
  readonly rest: number;
  /** Distance between neighbouring values of one transform. */
  readonly stride: number;
  /** Factors [rest, radix, radix]: e^(−2πi · j · (p + rest · k) / (rest · radix)) for position p, output j and input k. */
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** Prime factors of a size; twice 2 is taken as 4, which needs fewer steps. */
function radices(size: number): number[] {
  const found: number[] = [];
  let rest = size;
  for (const radix of [4, 2, 3, 5]) for (; rest % radix === 0; rest /= radix) found.push(radix);
  for (let radix = 7; rest > 1; radix += 2) for (; rest % radix === 0; rest /= radix) found.push(radix);
  return found;
}

function stepsOf(size: number): Step[] {
  let length = size;
  return radices(size).map((radix) => {
    const rest = length / radix;
    const cos = new Float64Array(rest * radix * radix);
    const sin = new Float64Array(rest * radix * radix);
    for (let p = 0, at = 0; p < rest; p++)
      for (let j = 0; j < radix; j++)
        for (let k = 0; k < radix; k++, at++) {
          const turn = (j * (p + rest * k)) % length;
          cos[at] = Math.cos((2 * Math.PI * turn) / length);
          sin[at] = -Math.sin((2 * Math.PI * turn) / length);
        }
    const step = { radix, rest, stride: size / length, cos, sin };
    length = rest;
    return step;
  });
}

/** Runs a step. @param re and im are read, outRe and outIm overwritten */
type Run = (step: Step, re: Float64Array, im: Float64Array, outRe: Float64Array, outIm: Float64Array) => void;

// The loops below take most of the time of a recording's features, so each value that they read is in a local constant.

/** A step of any radix, by the definition of the transform. */
const runAny: Run = ({ radix, rest, stride, cos, sin }, re, im, outRe, outIm) => {
  const apart = rest * stride;
  for (let p = 0; p < rest; p++)
    for (let j = 0; j < radix; j++) {
      const factors = (p * radix + j) * radix;
      const to = (p * radix + j) * stride;
      for (let q = 0; q < stride; q++) {
        let sumRe = 0;
        let sumIm = 0;
        for (let k = 0, at = p * stride + q; k < radix; k++, at += apart) {
          const c = cos[factors + k]!;
          const s = sin[factors + k]!;
          const a = re[at]!;
          const b = im[at]!;
          sumRe += a * c - b * s;
          sumIm += a * s + b * c;
        }
        outRe[to + q] = sumRe;
        outIm[to + q] = sumIm;
      }
    }
};

/** A step of radix 4, whose own factors are 1, −i, −1 and i, so that only positions are multiplied. */
const runFour: Run = ({ rest, stride, cos, sin }, re, im, outRe, outIm) => {
  const apart = rest * stride;
  for (let p = 0; p < rest; p++) {
    const [c1, c2, c3] = [cos[p * 16 + 4]!, cos[p * 16 + 8]!, cos[p * 16 + 12]!];
    const [s1, s2, s3] = [sin[p * 16 + 4]!, sin[p * 16 + 8]!, sin[p * 16 + 12]!];
    for (let q = 0; q < stride; q++) {
      const at = p * stride + q;
      const to = p * 4 * stride + q;
      const evenRe = re[at]! + re[at + 2 * apart]!;
      const evenIm = im[at]! + im[at + 2 * apart]!;
      const oddRe = re[at + apart]! + re[at + 3 * apart]!;
      const oddIm = im[at + apart]! + im[at + 3 * apart]!;
      const evenByRe = re[at]! - re[at + 2 * apart]!;
      const evenByIm = im[at]! - im[at + 2 * apart]!;
      const oddByRe = re[at + apart]! - re[at + 3 * apart]!;
      const oddByIm = im[at + apart]! - im[at + 3 * apart]!;
      outRe[to] = evenRe + oddRe;
      outIm[to] = evenIm + oddIm;
      outRe[to + stride] = (evenByRe + oddByIm) * c1 - (evenByIm - oddByRe) * s1;
      outIm[to + stride] = (evenByRe + oddByIm) * s1 + (evenByIm - oddByRe) * c1;
      outRe[to + 2 * stride] = (evenRe - oddRe) * c2 - (evenIm - oddIm) * s2;
      outIm[to + 2 * stride] = (evenRe - oddRe) * s2 + (evenIm - oddIm) * c2;
      outRe[to + 3 * stride] = (evenByRe - oddByIm) * c3 - (evenByIm + oddByRe) * s3;
      outIm[to + 3 * stride] = (evenByRe - oddByIm) * s3 + (evenByIm + oddByRe) * c3;
    }
  }
};

const COS_1 = Math.cos((2 * Math.PI) / 5);
const COS_2 = Math.cos((4 * Math.PI) / 5);
const SIN_1 = Math.sin((2 * Math.PI) / 5);
const SIN_2 = Math.sin((4 * Math.PI) / 5);

/** A step of radix 5, whose factors come in two pairs that differ only in the sign of their imaginary parts. */
const runFive: Run = ({ rest, stride, cos, sin }, re, im, outRe, outIm) => {
  const apart = rest * stride;
  /** Writes the value (a, b) of output j, multiplied for its position. */
  const write = (factor: number, to: number, a: number, b: number) => {
    outRe[to] = a * cos[factor]! - b * sin[factor]!;
    outIm[to] = a * sin[factor]! + b * cos[factor]!;
  };
  for (let p = 0; p < rest; p++)
    for (let q = 0; q < stride; q++) {
      const at = p * stride + q;
      const to = p * 5 * stride + q;
      const a0 = re[at]!;
      const b0 = im[at]!;
      const sumRe1 = re[at + apart]! + re[at + 4 * apart]!;
      const sumIm1 = im[at + apart]! + im[at + 4 * apart]!;
      const sumRe2 = re[at + 2 * apart]! + re[at + 3 * apart]!;
      const sumIm2 = im[at + 2 * apart]! + im[at + 3 * apart]!;
      const byRe1 = re[at + apart]! - re[at + 4 * apart]!;
      const byIm1 = im[at + apart]! - im[at + 4 * apart]!;
      const byRe2 = re[at + 2 * apart]! - re[at + 3 * apart]!;
      const byIm2 = im[at + 2 * apart]! - im[at + 3 * apart]!;
      const a1 = a0 + COS_1 * sumRe1 + COS_2 * sumRe2;
      const b1 = b0 + COS_1 * sumIm1 + COS_2 * sumIm2;
      const a2 = a0 + COS_2 * sumRe1 + COS_1 * sumRe2;
      const b2 = b0 + COS_2 * sumIm1 + COS_1 * sumIm2;
      const u1 = SIN_1 * byIm1 + SIN_2 * byIm2;
      const v1 = SIN_1 * byRe1 + SIN_2 * byRe2;
      const u2 = SIN_2 * byIm1 - SIN_1 * byIm2;
      const v2 = SIN_2 * byRe1 - SIN_1 * byRe2;
      outRe[to] = a0 + sumRe1 + sumRe2;
      outIm[to] = b0 + sumIm1 + sumIm2;
      write(p * 25 + 5, to + stride, a1 + u1, b1 - v1);
      write(p * 25 + 10, to + 2 * stride, a2 + u2, b2 - v2);
      write(p * 25 + 15, to + 3 * stride, a2 - u2, b2 + v2);
      write(p * 25 + 20, to + 4 * stride, a1 - u1, b1 + v1);
    }
};

/** Whisper's frames have 4 · 4 · 5 · 5 samples, so these radices have steps of their own, about three times as fast. */
const RUNS: Readonly<Record<number, Run>> = { 4: runFour, 5: runFive };

/**
 * Makes the discrete Fourier transform of complex values in place, for any size; sizes of small prime factors are fast. It is
 * Stockham's form of the algorithm of Cooley and Tukey: each step writes its values in order, so no values are swapped at the end.
 * @param size number of values
 */
export function makeFft(size: number): (re: Float64Array, im: Float64Array) => void {
  const steps = stepsOf(size);
  const spareRe = new Float64Array(size);
  const spareIm = new Float64Array(size);
  return (re, im) => {
    let from: [Float64Array, Float64Array] = [re, im];
    let to: [Float64Array, Float64Array] = [spareRe, spareIm];
    for (const step of steps) {
      (RUNS[step.radix] ?? runAny)(step, ...from, ...to);
      [from, to] = [to, from];
    }
    if (from[0] !== re) {
      re.set(spareRe);
      im.set(spareIm);
    }
  };
}
