import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InputError } from '../../solver/documents/coded-error.ts';
import { parseTrace, type Trace } from '../../solver/documents/trace.ts';
import { generatedTrace, TRACE_KINDS, type TraceKind } from '../../solver/simulate/generated-traces.ts';
import { readJson } from '../../workers/command/files.ts';
import { ROOT } from '../../workers/command/root.ts';
import { VERSION } from '../../workers/command/version.ts';
import type { Frozen } from './frozen.ts';
import { PAPERS_TRACE } from './paper.ts';
import type { PipelineName } from './subjects.ts';

/** Seeds of the generated loads: settings are chosen on loads of the one, and systems are compared on loads of the other. */
const SEEDS = { training: 1, unseen: 61 };

/** Start and end of the burst in the paper's trace, in seconds. */
const BURST_S = [360, 840] as const;
/** Loads of `fashion` have thousands of requests per second, so they are shorter, with only the burst of the paper's trace. */
const SHORT_S = 300;

/** A load under which systems are compared. */
export interface Load extends Trace {
  /** Whether settings are chosen on it. */
  readonly training: boolean;
}

/** The loads on which settings are chosen: generated ones and, if the reference data has it, IPA's bursty trace. */
export const trainingLoads = async (pipeline: PipelineName): Promise<Load[]> => [
  ...(await papersTrace(pipeline)),
  ...generated(pipeline, ['bursty', 'fluctuating'], SEEDS.training),
];

/** The loads of a report, if the user gives no traces: generated from a seed on which no setting was chosen. */
export const unseenLoads = (pipeline: PipelineName): Load[] => generated(pipeline, TRACE_KINDS, SEEDS.unseen);

/** Two traces have the same name, so a report could not tell them apart. */
export class SameTraceNameError extends InputError {
  override name = 'SameTraceNameError';
  constructor(name: string, first: string, second: string) {
    super(`${first} and ${second} both have the name "${name}": give each trace a name of its own.`);
  }
}

/** Reads the user's traces. @throws SameTraceNameError; InvalidDocumentError, UnsupportedDocumentError if a file is no trace */
export async function givenLoads(paths: readonly string[]): Promise<Load[]> {
  const traces = await Promise.all(paths.map((path) => readJson(path, parseTrace)));
  for (const [i, { name }] of traces.entries()) {
    const first = traces.findIndex((trace) => trace.name === name);
    if (first < i) throw new SameTraceNameError(name, paths[first]!, paths[i]!);
  }
  return traces.map((trace) => ({ ...trace, training: false }));
}

/**
 * Name of the file with one comparison. Its digits depend on the trace, the settings and the version, so that a comparison never
 * takes the figures of another one.
 */
export function partName(
  { name, intervalS, rates }: Trace,
  { percentile, switchShare, betaShares }: Omit<Frozen, 'chosen'>,
): string {
  const inputs = [name, intervalS, rates, percentile, switchShare, betaShares, VERSION];
  const digits = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 12);
  return `${basename(name)}-p${percentile}-${switchShare}-${digits}.json`;
}

const generated = (pipeline: PipelineName, kinds: readonly TraceKind[], seed: number): Load[] =>
  kinds.map((kind) => ({
    ...generatedTrace(kind, { seed, ...(isShort(pipeline) && { durationS: SHORT_S }) }),
    name: `${kind}-${seed}`,
    training: seed === SEEDS.training,
  }));

const isShort = (pipeline: PipelineName): boolean => pipeline === 'fashion';

/** IPA's own bursty trace, on which settings are chosen; none without the reference data. */
export async function papersTrace(pipeline: PipelineName): Promise<Load[]> {
  const reference = process.env.IPA_EDGE_REFERENCE ?? join(ROOT, '../shared');
  const path = join(reference, 'ipa/traces/bursty.json');
  if (!existsSync(path)) {
    console.error(
      `There is no ${path}: IPA's own bursty trace is left out. Set IPA_EDGE_REFERENCE to the folder that has ipa/traces.`,
    );
    return [];
  }
  const trace = parseTrace(JSON.parse(await readFile(path, 'utf8')), path);
  const rates = isShort(pipeline) ? trace.rates.slice(...BURST_S) : trace.rates;
  return [{ ...trace, name: PAPERS_TRACE, rates, training: true }];
}
