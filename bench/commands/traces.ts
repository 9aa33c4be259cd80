import { existsSync } from 'node:fs';
import { parseTrace, RATES_MAX, type TracePart, traceUntil } from '../../solver/documents/trace.ts';
import { grouped } from '../../solver/math/figures.ts';
import { generatedTrace, TRACE_KINDS } from '../../solver/simulate/generated-traces.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';

/** The option `--trace` of commands, and the help on it. */
export const TRACE = '--trace <file-or-name>';
export const TRACE_HELP = `arrival rates over time: a file, or one of ${TRACE_KINDS.join(', ')}`;

/**
 * Reads a trace from a file, cut after `durationS`, or generates one of that length if `given` names a kind of trace.
 * @throws UsageError, InvalidDocumentError, UnsupportedDocumentError
 */
export async function readTrace(
  given: string,
  { durationS, seed }: { readonly durationS?: number | undefined; readonly seed: number },
): Promise<TracePart> {
  const kind = TRACE_KINDS.find((name) => name === given);
  if (kind && durationS !== undefined && durationS > RATES_MAX)
    throw new UsageError(
      `The trace ${given} has a rate for each second, and at most ${grouped(RATES_MAX)}. Give a --duration of at most ${RATES_MAX}s.`,
    );
  if (kind) return generatedTrace(kind, { ...(durationS !== undefined && { durationS }), seed });
  if (given !== '-' && !existsSync(given))
    throw new UsageError(`There is no trace ${given}: give a file, or one of ${TRACE_KINDS.join(', ')}.`);
  const trace = await readJson(given, parseTrace);
  if (durationS === undefined) return trace;
  const traceS = trace.rates.length * trace.intervalS;
  if (durationS > traceS)
    throw new UsageError(
      `${given} has rates for ${traceS} s. Give a --duration of at most ${traceS}s, or a longer trace.`,
    );
  return traceUntil(trace, durationS);
}
