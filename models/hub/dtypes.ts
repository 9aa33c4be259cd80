import { type Dtype, dtype } from '../../solver/documents/manifest.ts';
import type { Graph } from '../onnx/graph.ts';

/** Data types of a variant's models: one for all its sessions, or the first session's (the encoder's) and that of the others. */
export type DtypeChoice = readonly [Dtype] | readonly [Dtype, Dtype];

/** The data types as users write them, e.g. `fp32` or `fp32+q8`. */
export const dtypeText = (choice: DtypeChoice): string => choice.join('+');

/** Reads data types such as `fp32` or `fp32+q8`; null if the text has another form. */
export function readDtypes(text: string): DtypeChoice | null {
  const [first, others, ...more] = text.split('+').map((part) => dtype.safeParse(part).data);
  if (first === undefined || more.length > 0) return null;
  if (!text.includes('+')) return [first];
  return others === undefined ? null : [first, others];
}

/**
 * Returns the data types that name a variant: those of its first and last session, or one if both are equal.
 * @param types of the variant's sessions, in order
 */
export function dtypeChoice(types: readonly Dtype[]): DtypeChoice {
  const [first, last] = [types[0]!, types.at(-1)!];
  return first === last ? [first] : [first, last];
}

/** Suffix of a model file's name for each data type of its weights. */
const SUFFIX: Record<Dtype, string> = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
};

/** The name of a model's file with weights of a data type, e.g. `model_fp16.onnx`. */
export const modelFileName = (model: string, type: Dtype): string => `${model}${SUFFIX[type]}.onnx`;

/**
 * The data type of a model's weights, by the suffix of its file name, which may begin with `-` or `.` instead of `_`; `fp32` if the
 * name has none of the suffixes.
 */
export function dtypeNamed(file: string): Dtype {
  const named = file.toLowerCase().replace(/[-.](?=\w+\.onnx$)/, '_');
  return dtype.options.find((type) => type !== 'fp32' && named.endsWith(modelFileName('', type))) ?? 'fp32';
}

/** Operators that compute with integer weights or values, or make floats of them. */
const QUANTISED = /Integer|[Qq]uantize|^QLinear|^QGemm$|^QAttention$/;
/** Operators whose weights have 4 bits. If the weights have 8 bits instead, the variant gets a wrong name, but no limit differs. */
const FOUR_BITS = /^(MatMulNBits|GatherBlockQuantized)$/;

/**
 * The data type of the weights of a model file at hand: that of its name or, if the name tells none, that of its contents. Integer
 * weights are `q8`, because the contents do not tell which tool made them.
 */
export function dtypeOf({ operators, constantTypes }: Graph, file: string): Dtype {
  const named = dtypeNamed(file);
  if (named !== 'fp32') return named;
  const has = (pattern: RegExp) => [...operators.keys()].some((operator) => pattern.test(operator));
  const half = constantTypes.has('float16');
  if (has(/^MatMulBnb4$/)) return 'bnb4';
  if (has(FOUR_BITS)) return half ? 'q4f16' : 'q4';
  if (has(QUANTISED)) return 'q8';
  return half ? 'fp16' : 'fp32';
}
