/**
 * Compares ipa-edge with IPA, FA2 and RIM under changing loads, by simulation: `fashion` with service times of this machine's
 * CPU, and the five pipelines of the IPA paper, each under the paper's bursty trace and every generated load. `npm run
 * bench:adaptation` takes about half an hour; `-- --pipeline ipa-video` compares one pipeline. Writes
 * out/adaptation/report.json and report.html, and prints a table.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { AdaptationReport, Comparison } from '../../solver/documents/adaptation-report.ts';
import { parseReport } from '../../solver/documents/report.ts';
import { REPORT } from '../../solver/documents/run-report.ts';
import { readJson, writeJson } from '../../workers/command/files.ts';
import { learnedPredictor } from '../../workers/predictor/node.ts';
import { writeReport } from '../commands/report.ts';
import { comparer } from './compare.ts';
import { paperTable } from './paper.ts';
import { PIPELINES, type Pipeline, subject, workloads } from './subjects.ts';
import { comparisonTable } from './table.ts';

const OUT = 'out/adaptation';
const SEED = 1;

const { values } = parseArgs({
  options: {
    pipeline: { type: 'string' },
    part: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
  },
});
const asked = PIPELINES.filter((name) => values.pipeline === undefined || name === values.pipeline);
if (asked.length === 0) throw new Error(`There is no ${values.pipeline}: one of ${PIPELINES.join(', ')}.`);

const reportOf = (comparisons: Comparison[]): AdaptationReport => ({
  schema: REPORT,
  kind: 'adaptation',
  createdAt: new Date().toISOString(),
  seed: SEED,
  comparisons,
});
const partOf = (pipeline: Pipeline) => `${OUT}/${pipeline}.json`;

/** Compares one pipeline under every load, in this process. */
async function compare(pipeline: Pipeline): Promise<void> {
  const compareOn = await comparer(await subject(pipeline, OUT), await learnedPredictor());
  const comparisons: Comparison[] = [];
  for (const trace of await workloads(pipeline)) {
    const startMs = performance.now();
    comparisons.push(await compareOn(trace));
    const seconds = Math.round((performance.now() - startMs) / 1000);
    console.error(`${pipeline} under ${trace.name}: ${seconds} s`);
  }
  await writeJson(partOf(pipeline), reportOf(comparisons));
}

/** Compares each pipeline in a process of its own, as many at a time as there are cores. Finished pipelines are skipped. */
async function compareAll(): Promise<void> {
  const left = asked.filter((pipeline) => values.again || !existsSync(partOf(pipeline)));
  const file = fileURLToPath(import.meta.url);
  const one = (pipeline: Pipeline) =>
    new Promise<void>((resolve, reject) => {
      const args = [...process.execArgv, file, '--part', '--pipeline', pipeline];
      spawn(process.execPath, args, { stdio: 'inherit' })
        .once('error', reject)
        .once('exit', (code) =>
          code === 0 ? resolve() : reject(new Error(`${pipeline} ended with ${code}`)),
        );
    });
  const lane = async () => {
    for (let next = left.shift(); next; next = left.shift()) await one(next);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
}

if (values.part) await compare(asked[0]!);
else {
  // `fashion` is measured first, while no other process uses the cores.
  if (asked.includes('fashion')) await subject('fashion', OUT);
  await compareAll();
  const parts = await Promise.all(asked.map((pipeline) => readJson(partOf(pipeline), parseReport)));
  const comparisons = parts.flatMap((part) => (part.kind === 'adaptation' ? part.comparisons : []));
  const written = await writeReport(`${OUT}/report.json`, reportOf(comparisons));
  const paper = paperTable(comparisons);
  if (paper) console.log(`${paper}\n`);
  console.log(`${comparisonTable(comparisons)}\n\nwrote ${written.join(', ')}`);
}
