import { z } from 'zod';
import { InvalidDocumentError, parseDocument, UnsupportedDocumentError } from './document.ts';

export const TRACE = 'ipa-edge/trace@1';

const NAME_LENGTH_MAX = 100;

/** A trace has at most this many rates. */
export const RATES_MAX = 10_000_000;

export const traceSchema = z.strictObject({
  schema: z.literal(TRACE),
  name: z.string().max(NAME_LENGTH_MAX),
  unit: z.literal('requests/s'),
  intervalS: z.number().positive(),
  rates: z.array(z.number().nonnegative()).min(1, 'expected at least one rate').max(RATES_MAX),
});
export type Trace = z.infer<typeof traceSchema>;

/** A trace, or the part of one that ends within an interval. */
export interface TracePart extends Trace {
  /** Where the part ends, in seconds from the start of the trace; absent if its last interval is whole. */
  readonly endS?: number;
}

/** The first `durationS` seconds of a trace. */
export const traceUntil = (trace: Trace, durationS: number): TracePart =>
  durationS < trace.rates.length * trace.intervalS
    ? { ...trace, rates: trace.rates.slice(0, Math.ceil(durationS / trace.intervalS)), endS: durationS }
    : trace;

/**
 * Checks a trace. A file without `"schema"` but with `rates` or `rps` (requests/s) counts as a trace, too. Its interval is one
 * second unless it has an `intervalS`, and its name is the end of `source` unless it has a `name`.
 * @throws InvalidDocumentError, UnsupportedDocumentError
 */
export function parseTrace(value: unknown, source: string): Trace {
  const raw = value as Record<string, unknown> | null;
  if (typeof raw !== 'object' || raw === null)
    throw new InvalidDocumentError(source, ['(root): expected a trace']);
  if ('schema' in raw || !('rates' in raw || 'rps' in raw)) {
    if (raw.schema !== TRACE) throw new UnsupportedDocumentError(source, TRACE, raw.schema);
    return parseDocument(traceSchema, raw, source, TRACE);
  }
  const { rps, rates = rps, intervalS = 1, name = source?.slice(-NAME_LENGTH_MAX) } = raw;
  return parseDocument(
    traceSchema,
    { schema: TRACE, name, unit: 'requests/s', intervalS, rates },
    source,
    TRACE,
  );
}
