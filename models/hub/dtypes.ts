import { type Dtype, dtype } from '../../solver/documents/manifest.ts';

/** Data types of a variant's models: one for all its sessions, or the first session's (the encoder's) and that of the others. */
export type DtypeChoice = readonly [Dtype] | readonly [Dtype, Dtype];

/** The data types as users write them, e.g. `fp32` or `fp32+q8`. */
export const dtypeText = (choice: DtypeChoice): string => choice.join('+');

/** Reads data types such as `fp32` or `fp32+q8`; null if the text is none. */
export function readDtypes(text: string): DtypeChoice | null {
  const [first, others, ...more] = text.split('+').map((part) => dtype.safeParse(part).data);
  if (first === undefined || more.length > 0) return null;
  if (!text.includes('+')) return [first];
  return others === undefined ? null : [first, others];
}
