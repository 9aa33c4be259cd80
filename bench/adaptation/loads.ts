import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTrace, type Trace } from '../../solver/documents/trace.ts';
import { WORKLOADS, type WorkloadKind, workload } from '../../solver/simulate/workloads.ts';
import { readJson } from '../../workers/command/files.ts';
import { ROOT } from '../../workers/command/root.ts';
import { PAPERS_TRACE } from './paper.ts';
import type { Pipeline } from './subjects.ts';

/** Kinds and seeds of the generated loads on which settings are chosen. */
const TRAINING = { kinds: ['bursty', 'fluctuating'], seeds: [1] } as const;
/** Kinds and seeds of the generated loads on which systems are compared; no setting is chosen on them. */
const UNSEEN = { kinds: WORKLOADS, seeds: [11] } as const;

/** Start and end of the burst in the paper's trace, in seconds. */
const BURST_S = [360, 840] as const;
/** Loads of `fashion` have thousands of requests per second, so they are shorter, with only the burst of the paper's trace. */
const SHORT_S = 300;

/** The loads on which settings are chosen: generated ones and, if the reference data has it, IPA's bursty trace. */
export const trainingLoads = async (pipeline: Pipeline): Promise<Trace[]> => [
  ...(await papersTrace(pipeline)),
  ...generated(pipeline, TRAINING),
];

/** The loads of a report: the user's traces or, if there are none, loads generated from seeds on which no setting was chosen. */
export const unseenLoads = (pipeline: Pipeline, traces: readonly string[]): Promise<Trace[]> | Trace[] =>
  traces.length > 0
    ? Promise.all(traces.map((path) => readJson(path, parseTrace)))
    : generated(pipeline, UNSEEN);

const generated = (
  pipeline: Pipeline,
  { kinds, seeds }: { readonly kinds: readonly WorkloadKind[]; readonly seeds: readonly number[] },
): Trace[] =>
  seeds.flatMap((seed) =>
    kinds.map((kind) => ({
      ...workload(kind, { seed, ...(isShort(pipeline) && { durationS: SHORT_S }) }),
      name: `${kind}-${seed}`,
    })),
  );

const isShort = (pipeline: Pipeline): boolean => pipeline === 'fashion';

/** IPA's own bursty trace; none without the reference data. */
export async function papersTrace(pipeline: Pipeline): Promise<Trace[]> {
  const reference = process.env.IPA_EDGE_REFERENCE ?? join(ROOT, '../shared');
  const path = join(reference, 'ipa/traces/bursty.json');
  if (!existsSync(path)) {
    console.error(`There is no ${path}: IPA's own bursty trace is left out. Set IPA_EDGE_REFERENCE.`);
    return [];
  }
  const trace = parseTrace(JSON.parse(await readFile(path, 'utf8')), path);
  const rates = isShort(pipeline) ? trace.rates.slice(...BURST_S) : trace.rates;
  return [{ ...trace, name: PAPERS_TRACE, rates }];
}
