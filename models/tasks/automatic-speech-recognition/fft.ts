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

// The loops below take most of the time of a recording's features, so each value that they read is in a local constant.

function runStep(
  { radix, rest, stride, cos, sin }: Step,
  re: Float64Array,
  im: Float64Array,
  outRe: Float64Array,
  outIm: Float64Array,
): void {
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
}

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
      runStep(step, ...from, ...to);
      [from, to] = [to, from];
    }
    if (from[0] !== re) {
      re.set(spareRe);
      im.set(spareIm);
    }
  };
}
