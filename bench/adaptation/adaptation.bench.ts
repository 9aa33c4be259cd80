/**
 * Compares ipa-edge with IPA, FA2 and RIM under changing loads, by simulation: `fashion` with the service times of the page's
 * example, and the five pipelines of the IPA paper. The loads are generated from other seeds than those on which the setting in
 * frozen.json was chosen, or are the traces given with --trace. Without --trace, IPA's own bursty trace is compared as well, but
 * the setting was also chosen on it, so the summary leaves it out.
 * `npm run bench:adaptation [-- --pipeline ipa-video]`.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import type { AdaptationReport, Comparison } from '../../solver/documents/adaptation-report.ts';
import { parseReport } from '../../solver/documents/report.ts';
import { REPORT } from '../../solver/documents/run-report.ts';
import { readJson, writeJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
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

const command = new Command('bench:adaptation')
  .description('compare ipa-edge with IPA, FA2 and RIM under changing loads, by simulation')
  .addOption(new Option('--pipeline <name>', 'this pipeline only (default: all)').choices(PIPELINES))
  .option('--trace <files...>', 'loads in place of the generated ones: documents ipa-edge/trace@1')
  .option(
    '--percentile <p>',
    'plan for this percentile, to see how close the attainment comes to it',
    option.percentile,
    FROZEN.percentile,
  )
  .option('--choose', 'choose the setting of frozen.json anew, on training loads')
  .option('--again', 'start over')
  .addOption(new Option('--part').hideHelp())
  .addHelpText(
    'after',
    `
Where IPA attains less than the percentile, ipa-edge also runs with IPA's attainment for a percentile, without standbys, so that its
cost can be read off at IPA's PAS and attainment. All pipelines take half an hour or more. A comparison that was stopped resumes
where it stopped, if traces, settings and version are the same. Prints tables, and writes report.json and report.html to ${OUT};
with --choose, it writes frozen.json instead.

  $ npm run bench:adaptation -- --pipeline ipa-video
  $ npm run bench:adaptation -- --trace load.json --trace other.json`,
  )
  .parse();
const flags = command.opts<{
  readonly pipeline?: PipelineName;
  readonly trace?: string[];
  readonly percentile: number;
  readonly choose?: boolean;
  readonly again?: boolean;
  /** Whether this process compares one pipeline, for the process that compares all. */
  readonly part?: boolean;
}>();
// The setting is chosen without `fashion`, so that one pipeline of the comparison is entirely held out.
const offered = PIPELINES.filter((name) => !flags.choose || name !== 'fashion');
const pipelines = offered.filter((name) => flags.pipeline === undefined || name === flags.pipeline);
if (pipelines.length === 0) command.error('error: the setting is chosen without fashion');

const frozen = { ...FROZEN, percentile: flags.percentile };
/** The settings to compare under each load of a pipeline: the frozen setting or, with `--choose`, all candidates. */
const settings: readonly FrozenSetting[] = flags.choose ? TRIED : [frozen];
/** To choose a setting, every second weight of cost is enough. */
const betaShares = FROZEN.betaShares.filter((_, i) => !flags.choose || i % 2 === 0);
const given = await givenLoads(flags.trace ?? []);
const loadsOf = async (pipeline: PipelineName): Promise<Load[]> => {
  if (flags.choose) return trainingLoads(pipeline);
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
      const used = { ...FROZEN, ...setting, betaShares };
      const comparison = await comparer.compare(load, used);
      // A setting is chosen by the runs that it makes itself.
      const matched = flags.choose ? undefined : await comparer.matched(load, used, comparison);
      await writeJson(part, reportOf([{ ...comparison, ...(matched && { matched }) }]));
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

if (flags.part) await compare(pipelines[0]!);
else {
  if (flags.again)
    await Promise.all(pipelines.map((name) => rm(`${OUT}/${name}`, { recursive: true, force: true })));
  await compareAll();
  if (flags.choose) {
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
