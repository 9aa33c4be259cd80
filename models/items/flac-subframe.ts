import type { BitReader } from './bit-reader.ts';
import { InvalidSoundError } from './sound.ts';

/** Types of subframes (RFC 9639, section 9.2.1). The types with a predictor have the predictor's order in the lower bits. */
const CONSTANT = 0;
const VERBATIM = 1;
const FIXED = 8;
const FIXED_ORDER_MAX = 4;
const LINEAR = 32;

/**
 * Weights of the fixed predictors, by order. A prediction is the weighted sum of the samples before; the first weight is the
 * latest sample's.
 */
const FIXED_WEIGHTS = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]] as const;

const invalid = (what: string): InvalidSoundError => new InvalidSoundError(`one of its frames ${what}`);

/**
 * Reads the samples of one channel of a frame.
 * @param size number of samples
 * @param width bits of a sample
 * @throws InvalidSoundError, EndOfBitsError
 */
export function readSubframe(reader: BitReader, size: number, width: number): Int32Array {
  if (reader.take(1) !== 0) throw invalid('is damaged');
  const type = reader.take(6);
  // A subframe leaves out the low bits that are 0 in all its samples.
  const wasted = reader.take(1) === 1 ? reader.zeros() + 1 : 0;
  const bits = width - wasted;
  if (bits < 1) throw invalid('has samples without bits');
  const samples = new Int32Array(size);
  if (type === CONSTANT) samples.fill(reader.signed(bits));
  else if (type === VERBATIM) for (let i = 0; i < size; i++) samples[i] = reader.signed(bits);
  else readPredicted(reader, samples, type, bits);
  if (wasted > 0) for (let i = 0; i < size; i++) samples[i] = samples[i]! << wasted;
  return samples;
}

function readPredicted(reader: BitReader, samples: Int32Array, type: number, bits: number): void {
  const fixed = type >= FIXED && type <= FIXED + FIXED_ORDER_MAX;
  if (!fixed && type < LINEAR) throw invalid(`has a part of the unknown type ${type}`);
  const order = fixed ? type - FIXED : type - LINEAR + 1;
  if (order > samples.length) throw invalid('has fewer samples than its predictor needs');
  for (let i = 0; i < order; i++) samples[i] = reader.signed(bits);
  const { weights, shift } = fixed
    ? { weights: FIXED_WEIGHTS[order]!, shift: 0 }
    : readWeights(reader, order);
  readResiduals(reader, samples, order);
  const divisor = 2 ** shift;
  for (let i = order; i < samples.length; i++) {
    let sum = 0;
    for (let j = 0; j < order; j++) sum += weights[j]! * samples[i - 1 - j]!;
    samples[i] = samples[i]! + Math.floor(sum / divisor);
  }
}

/** Reads the weights of a linear predictor, and the number of bits by which the weighted sum is shifted down. */
function readWeights(reader: BitReader, order: number): { weights: readonly number[]; shift: number } {
  const precision = reader.take(4) + 1;
  const shift = reader.signed(5);
  if (precision > 15 || shift < 0) throw invalid('has an invalid linear predictor');
  return { weights: Array.from({ length: order }, () => reader.signed(precision)), shift };
}

/**
 * Reads the residuals into the samples from index `order` on. Each partition of the residuals has Rice codes with a parameter of
 * its own, or plain numbers.
 */
function readResiduals(reader: BitReader, samples: Int32Array, order: number): void {
  const method = reader.take(2);
  if (method > 1) throw invalid('has residuals of an unknown kind');
  const [parameterBits, plain] = method === 0 ? [4, 15] : [5, 31];
  const parts = 2 ** reader.take(4);
  const size = samples.length / parts;
  if (!Number.isInteger(size) || size < order) throw invalid('has parts of uneven length');
  let at = order;
  for (let part = 1; part <= parts; part++) {
    const parameter = reader.take(parameterBits);
    if (parameter === plain) {
      const width = reader.take(5);
      for (; at < part * size; at++) samples[at] = width === 0 ? 0 : reader.signed(width);
    } else
      for (; at < part * size; at++) {
        const folded = reader.zeros() * 2 ** parameter + reader.take(parameter);
        // The folded numbers 0, 1, 2, 3, 4, … stand for 0, −1, 1, −2, 2, …
        samples[at] = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
      }
  }
}
