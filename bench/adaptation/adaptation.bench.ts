/**
 * Compares ipa-edge with IPA, FA2 and RIM under changing loads, by simulation: `fashion` with the service times of the page's
 * example, and the five pipelines of the IPA paper. The loads are generated from other seeds than those on which the setting in
 * frozen.json was chosen, or are the traces given with --trace. Without --trace, IPA's own bursty trace is compared as well, but
 * the setting was also chosen on it, so the summary leaves it out.
 *
 *     npm run bench:adaptation                                    all pipelines; half an hour or more
 *     npm run bench:adaptation -- --pipeline ipa-video            one pipeline
 *     npm run bench:adaptation -- --trace load.json --trace …     other loads: documents `ipa-edge/trace@1`
 *     npm run bench:adaptation -- --percentile 95                 plans for p95, to see how close the attainment comes to 0.95
 *     npm run bench:adaptation -- --choose                        chooses the setting of frozen.json anew, on training loads
 *
 * A comparison that was stopped resumes where it stopped, if traces, settings and version are the same; `--again` starts over.
 * Prints tables, and writes report.json and report.html to out/adaptation; with `--choose`, it writes frozen.json instead.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { AdaptationReport, Comparison } from '../../solver/documents/adaptation-report.ts';
import { parseReport } from '../../solver/documents/report.ts';
import { REPORT } from '../../solver/documents/run-report.ts';
import { readJson, writeJson } from '../../workers/command/files.ts';
import { learnedPredictor } from '../../workers/predictor/node.ts';
import { writeReport } from '../commands/report.ts';
import { choiceTable, chosenFrom, TRIED } from './choose.ts';
import { Comparer } from './compare.ts';
import { FROZEN, type FrozenSetting, writeFrozen } from './frozen.ts';
import { givenLoads, type Load, papersTrace, partName, trainingLoads, unseenLoads } from './loads.ts';
import { paperTable } from './paper.ts';
import { PIPELINES, type PipelineName, subject } from './subjects.ts';
import { summaryTable, table } from './table.ts';

const OUT = 'out/adaptation';
const SEED = 1;

const { values } = parseArgs({
  options: {
    pipeline: { type: 'string' },
    trace: { type: 'string', multiple: true, default: [] },
    percentile: { type: 'string', default: String(FROZEN.percentile) },
    choose: { type: 'boolean', default: false },
    part: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
  },
});
// The setting is chosen without `fashion`, so that one pipeline of the comparison is entirely held out.
const offered = PIPELINES.filter((name) => !values.choose || name !== 'fashion');
const pipelines = offered.filter((name) => values.pipeline === undefined || name === values.pipeline);
if (pipelines.length === 0) throw new Error(`There is no ${values.pipeline}: one of ${offered.join(', ')}.`);

const frozen = { ...FROZEN, percentile: Number(values.percentile) };
/** The settings to compare under each load of a pipeline: the frozen setting or, with `--choose`, all candidates. */
const settings: readonly FrozenSetting[] = values.choose ? TRIED : [frozen];
/** To choose a setting, every second weight of cost is enough. */
const betaShares = FROZEN.betaShares.filter((_, i) => !values.choose || i % 2 === 0);
const given = await givenLoads(values.trace);
const loadsOf = async (pipeline: PipelineName): Promise<Load[]> => {
  if (values.choose) return trainingLoads(pipeline);
  return given.length > 0 ? given : [...unseenLoads(pipeline), ...(await papersTrace(pipeline))];
};

const reportOf = (comparisons: Comparison[]): AdaptationReport => ({
  schema: REPORT,
  kind: 'adaptation',
  createdAt: new Date().toISOString(),
  seed: SEED,
  comparisons,
});
const partOf = (pipeline: PipelineName, load: Load, setting: FrozenSetting) =>
  `${OUT}/${pipeline}/${partName(load, { ...setting, betaShares })}`;

/** Compares one pipeline under every load, in this process. Comparisons that already have a file are skipped. */
async function compare(pipeline: PipelineName): Promise<void> {
  const comparer = await Comparer.open(await subject(pipeline), await learnedPredictor());
  for (const load of await loadsOf(pipeline))
    for (const setting of settings) {
      const part = partOf(pipeline, load, setting);
      if (existsSync(part)) continue;
      const startMs = performance.now();
      await writeJson(part, reportOf([await comparer.compare(load, { ...FROZEN, ...setting, betaShares })]));
      const seconds = Math.round((performance.now() - startMs) / 1000);
      console.error(`${pipeline} under ${load.name}, p${setting.percentile}: ${seconds} s`);
    }
}

/** Compares each pipeline in a process of its own, as many at a time as there are cores. */
async function compareAll(): Promise<void> {
  const left = [...pipelines];
  const file = fileURLToPath(import.meta.url);
  const one = (pipeline: PipelineName) =>
    new Promise<void>((resolve, reject) => {
      const args = [...process.execArgv, file, ...process.argv.slice(2), '--part', '--pipeline', pipeline];
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

async function compared(setting: FrozenSetting): Promise<Comparison[]> {
  const paths: string[] = [];
  for (const pipeline of pipelines)
    for (const load of await loadsOf(pipeline)) paths.push(partOf(pipeline, load, setting));
  const parts = await Promise.all(paths.map((path) => readJson(path, parseReport)));
  return parts.flatMap((part) => (part.kind === 'adaptation' ? part.comparisons : []));
}

if (values.part) await compare(pipelines[0]!);
else {
  if (values.again)
    await Promise.all(pipelines.map((name) => rm(`${OUT}/${name}`, { recursive: true, force: true })));
  await compareAll();
  if (values.choose) {
    const tried = await Promise.all(
      TRIED.map(async (setting) => ({ setting, comparisons: await compared(setting) })),
    );
    console.log(choiceTable(tried));
    await writeFrozen(chosenFrom(tried, new Date()));
  } else {
    const comparisons = await compared(frozen);
    const written = await writeReport(`${OUT}/report.json`, reportOf(comparisons));
    const paper = paperTable(comparisons);
    if (paper) console.log(`${paper}\n`);
    console.log(`${FROZEN.chosen}\n\n${table(comparisons)}\n\n${summaryTable(comparisons)}`);
    console.log(`\nwrote ${written.join(', ')}`);
  }
}
