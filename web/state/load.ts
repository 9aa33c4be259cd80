import { computed, signal } from '@preact/signals';
import { z } from 'zod';
import { jsonValue } from '../../solver/documents/document.ts';
import { parseTrace, type Trace, traceUntil } from '../../solver/documents/trace.ts';
import { WORKLOADS, workload } from '../../solver/simulate/workloads.ts';
import { constantLoad, type Load, traceLoad } from '../../workers/executor/load.ts';
import { plan } from './planning.ts';

export const LOADS = ['constant', ...WORKLOADS, 'trace'] as const;

/** How a plan is tried: the settings of the section Try it, as a link may carry them. */
export const tryoutSchema = z.strictObject({
  load: z.enum(LOADS),
  /** Times the plan's rate, or the rates of a workload or trace. */
  scale: z.number().positive().max(1000),
  durationS: z.number().min(1).max(3600),
  seed: z.int(),
  /** Whether plans follow the load, and how often that is decided. */
  adapt: z.boolean(),
  intervalS: z.number().min(1).max(600),
});
export type Tryout = z.infer<typeof tryoutSchema>;

export const tryout = signal<Tryout>({
  load: 'constant',
  scale: 1,
  durationS: 40,
  seed: 1,
  adapt: false,
  intervalS: 10,
});
/** A trace that was brought along. */
export const trace = signal<Trace | null>(null);

export const change = (part: Partial<Tryout>): void => {
  tryout.value = { ...tryout.value, ...part };
};

/** The page keeps every request of a run, and draws them. */
const MOST_REQUESTS = 50_000;
const MOST_TRACE_BYTES = 16e6;

/** A load has more requests than a page runs. */
export class LoadTooLargeError extends Error {
  override name = 'LoadTooLargeError';
  constructor(requests: number) {
    super(
      `This load has ${Math.round(requests)} requests; the page runs at most ${MOST_REQUESTS}. ` +
        'Shorten it or lower its scale, or run it with ipa-edge run.',
    );
  }
}

/** A file is too large to be a trace. */
export class TraceTooLargeError extends Error {
  override name = 'TraceTooLargeError';
  constructor(name: string, bytes: number) {
    super(
      `${name} has ${Math.round(bytes / 1e6)} MB; traces of up to ${MOST_TRACE_BYTES / 1e6} MB are read. ` +
        'Is it the right file?',
    );
  }
}

/**
 * Takes a trace from a file, and makes it the load.
 * @throws TraceTooLargeError, InvalidDocumentError, UnsupportedDocumentError
 */
export async function takeTrace(file: File): Promise<void> {
  if (file.size > MOST_TRACE_BYTES) throw new TraceTooLargeError(file.name, file.size);
  const taken = parseTrace(jsonValue(await file.text(), file.name), file.name);
  trace.value = taken;
  change({ load: 'trace', durationS: Math.min(3600, taken.rates.length * taken.intervalS) });
}

/** The rates of the chosen workload or trace; null: one rate throughout. */
function chosenTrace({ load, durationS, seed }: Tryout): Trace | null {
  if (load === 'constant') return null;
  if (load === 'trace') return trace.value && traceUntil(trace.value, durationS);
  return workload(load, { durationS, seed });
}

/** What will arrive; an error says why nothing can. Null: no plan, or no trace yet. */
export const load = computed<Load | LoadTooLargeError | null>(() => {
  const ratePerS = plan.value?.ratePerS;
  if (ratePerS === undefined) return null;
  const chosen = tryout.value;
  const { scale, durationS, seed } = chosen;
  const rates = chosenTrace(chosen);
  if (chosen.load === 'trace' && !rates) return null;
  const requests = rates
    ? scale * rates.intervalS * rates.rates.reduce((sum, rate) => sum + rate, 0)
    : scale * ratePerS * durationS;
  if (requests > MOST_REQUESTS) return new LoadTooLargeError(requests);
  return rates ? traceLoad(rates, scale, seed) : constantLoad(scale * ratePerS, durationS, seed);
});

/** The scale with which a load brings what the plan is for, on average. */
export const scaleOfPlan = computed<number | null>(() => {
  const now = load.value;
  if (!now || now instanceof Error || !(now.ratePerS > 0)) return null;
  return Number(((tryout.value.scale * plan.value!.ratePerS) / now.ratePerS).toPrecision(3));
});
