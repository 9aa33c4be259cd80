import { computed } from '@preact/signals';
import { z } from 'zod';
import { jsonValue } from '../../../solver/documents/document.ts';
import {
  parseTrace,
  type Trace,
  type TracePart,
  traceSchema,
  traceUntil,
} from '../../../solver/documents/trace.ts';
import { expectedArrivals } from '../../../solver/simulate/arrivals.ts';
import { generatedTrace, TRACE_KINDS } from '../../../solver/simulate/generated-traces.ts';
import {
  constantLoad,
  type Load,
  NoRequestsError,
  TooManyRequestsError,
  traceLoad,
} from '../../../workers/executor/load.ts';
import { checkSize } from '../files/file-size.ts';
import { kept } from '../kept.ts';
import { plan } from '../plan/planning.ts';

export const LOADS = ['constant', ...TRACE_KINDS, 'trace'] as const;

export const SCALE_MAX = 1000;

/** Settings of the section Try it, which a link can contain. */
export const trySettingsSchema = z.strictObject({
  load: z.enum(LOADS),
  /** Factor for the plan's rate, or for the rates of a trace. */
  scale: z.number().positive().max(SCALE_MAX),
  durationS: z.number().min(1).max(3600),
  seed: z.int(),
  /** Whether the plan may be replaced when the load changes. */
  adapt: z.boolean(),
  /** Seconds between two decisions whether to replace the plan. */
  intervalS: z.number().min(1).max(600),
});
type TrySettings = z.infer<typeof trySettingsSchema>;

export const trySettings = kept<TrySettings>({
  name: 'load',
  schema: trySettingsSchema,
  initial: { load: 'constant', scale: 1, durationS: 40, seed: 1, adapt: false, intervalS: 10 },
});
/** The trace opened by the user. */
export const trace = kept<Trace | null>({ name: 'trace', schema: traceSchema.nullable(), initial: null });

export const change = (part: Partial<TrySettings>): void => {
  trySettings.value = { ...trySettings.value, ...part };
};

/** A run has at most this many requests, because the page keeps every one, and more would slow it. */
const REQUESTS_MAX = 50_000;
const TRACE_BYTES_MAX = 16e6;

/**
 * Reads a trace from a file and makes it the load.
 * @throws FileTooLargeError, InvalidDocumentError, UnsupportedDocumentError
 */
export async function openTrace(file: File): Promise<void> {
  checkSize(file, TRACE_BYTES_MAX);
  takeTrace(parseTrace(jsonValue(await file.text(), file.name), file.name));
}

/** Makes a trace the load, and the length of the trace the duration, within the limits of the form. */
export function takeTrace(taken: Trace): void {
  trace.value = taken;
  const durationS = Math.min(3600, Math.max(1, taken.rates.length * taken.intervalS));
  change({ load: 'trace', durationS });
}

/** The chosen trace, generated or from a file; null for a constant load, or while no trace is open. */
function chosenTrace({ load, durationS, seed }: TrySettings): TracePart | null {
  if (load === 'constant') return null;
  if (load === 'trace') return trace.value && traceUntil(trace.value, durationS);
  return generatedTrace(load, { durationS, seed });
}

/**
 * The load to run, or an error if the load has no request or too many. Null if there is no plan, or if the user chose a trace as
 * the load and has opened none.
 */
export const load = computed<Load | NoRequestsError | TooManyRequestsError | null>(() => {
  const ratePerS = plan.value?.ratePerS;
  if (ratePerS === undefined) return null;
  const chosen = trySettings.value;
  const { scale, durationS, seed } = chosen;
  const rates = chosenTrace(chosen);
  if (chosen.load === 'trace' && !rates) return null;
  const requests = rates ? expectedArrivals(rates, scale) : scale * ratePerS * durationS;
  if (requests > REQUESTS_MAX) return new TooManyRequestsError(requests, REQUESTS_MAX);
  try {
    return rates ? traceLoad(rates, scale, seed) : constantLoad(scale * ratePerS, durationS, seed);
  } catch (error) {
    if (error instanceof NoRequestsError) return error;
    throw error;
  }
});

/** The scale for which the load's mean rate is the plan's rate; null if there is no load, or if that scale is too large. */
export const scaleOfPlan = computed<number | null>(() => {
  const now = load.value;
  if (!now || now instanceof Error || !(now.ratePerS > 0)) return null;
  const scale = Number(((trySettings.value.scale * plan.value!.ratePerS) / now.ratePerS).toPrecision(3));
  return scale <= SCALE_MAX ? scale : null;
});
