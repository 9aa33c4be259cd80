import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PREDICTORS, type PredictorName } from '../../solver/adapt/predictors/predictor.ts';
import { BATCH_MAX, type Backend, backend } from '../../solver/documents/common.ts';
import { accuracyMethod, PERCENTILE_RANGE, type Plan, RATE_PER_S_MAX } from '../../solver/documents/plan.ts';
import { grouped } from '../../solver/math/figures.ts';
import { DEFAULT_OBJECTIVE, DEFAULT_PERCENTILE } from '../../solver/plan/request.ts';
import { UsageError } from './exit.ts';
import { shippedFile, shippedNames } from './root.ts';

/** Parsers of option values. Each throws InvalidArgumentError, which Commander reports as bad usage. */

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

/** At lower rates a simulation's arrival times are so large that a double has no room for their parts of a millisecond. */
const RATE_MIN = 1e-6;

/** Reads a rate in requests per second. */
export function rate(text: string): number {
  const value = positive(text);
  if (value < RATE_MIN) throw new InvalidArgumentError('Expected at least 0.000001 requests per second.');
  if (value > RATE_PER_S_MAX)
    throw new InvalidArgumentError(`Expected at most ${grouped(RATE_PER_S_MAX)} requests per second.`);
  return value;
}

export function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && Number.isFinite(value)))
    throw new InvalidArgumentError('Expected a number, 0 or more.');
  return value;
}

export function integer(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** Reads a whole number above 0. */
export function count(text: string): number {
  const value = integer(text);
  if (value < 1) throw new InvalidArgumentError('Expected a whole number above 0.');
  return value;
}

/** Reads the number of items of a batch. */
export function batch(text: string): number {
  const value = count(text);
  if (value > BATCH_MAX) throw new InvalidArgumentError(`Expected at most ${BATCH_MAX} items.`);
  return value;
}

/** Reads a list of batch sizes such as `1,2,4`. */
export function batches(text: string): number[] {
  const values = counts(text);
  if (values.at(-1)! > BATCH_MAX) throw new InvalidArgumentError(`Expected at most ${BATCH_MAX} items.`);
  return values;
}

/** The path of a file to write. A folder or an empty path is refused at once, not after hours of measuring. */
export function outFile(path: string): string {
  if (path === '') throw new InvalidArgumentError('Expected the path of a file, found nothing.');
  if (/[/\\]$/.test(path) || (existsSync(path) && statSync(path).isDirectory()))
    throw new InvalidArgumentError('Expected the path of a file, found a folder.');
  return path;
}

/** The path of a report's JSON file. The report's page goes beside it, as `.html`. */
function reportFile(path: string): string {
  if (/\.html?$/i.test(path))
    throw new InvalidArgumentError('Expected the path of a JSON file: its HTML page is written beside it.');
  return outFile(path);
}

/** The path of a folder to write files into. */
export function outFolder(path: string): string {
  if (path === '') throw new InvalidArgumentError('Expected the path of a folder, found nothing.');
  if (existsSync(path) && !statSync(path).isDirectory())
    throw new InvalidArgumentError('Expected the path of a folder, found a file.');
  return path;
}

/** Reads a port; 0 lets the operating system choose a free one. */
export function port(text: string): number {
  const value = integer(text);
  if (value < 0 || value > 65_535) throw new InvalidArgumentError('Expected a port from 0 to 65535.');
  return value;
}

/** Reads a percentile of latencies. */
export function percentile(text: string): number {
  const value = Number(text);
  if (!(value >= PERCENTILE_RANGE.least && value <= PERCENTILE_RANGE.most))
    throw new InvalidArgumentError(
      `Expected a percentile from ${PERCENTILE_RANGE.least} to ${PERCENTILE_RANGE.most}.`,
    );
  return value;
}

const UNITS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, '': 1 };

/** Reads a duration such as `40s`, `2m` or `1500ms`, or a number of seconds. Returns seconds. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text);
  const value = match ? Number(match[1]) * UNITS[match[2]!]! : 0;
  if (!(value > 0)) throw new InvalidArgumentError('Expected a duration like 40s, 2m or 1500ms.');
  return value;
}

/** Reads the time between two decisions, which fall on whole seconds, because requests are counted by the second. */
function interval(text: string): number {
  const value = duration(text);
  const seconds = Math.round(value);
  // Products such as 1.1 · 60 are whole but for rounding.
  if (seconds < 1 || Math.abs(value - seconds) > 1e-9 * seconds)
    throw new InvalidArgumentError('Expected whole seconds: decisions fall on whole seconds.');
  return seconds;
}

/** Reads a list of whole numbers above 0 such as `1,2,4`. Returns it sorted and without repeats. */
export function counts(text: string): number[] {
  const values = text.split(',').map(Number);
  if (!values.every((value) => Number.isInteger(value) && value > 0))
    throw new InvalidArgumentError('Expected whole numbers above 0, e.g. 1,2,4.');
  return [...new Set(values)].sort((a, b) => a - b);
}

export function backends(text: string): Backend[] {
  return [...new Set(text.split(','))].map((value) => {
    const parsed = backend.safeParse(value);
    if (!parsed.success) throw new InvalidArgumentError(`Expected some of ${backend.options.join(', ')}.`);
    return parsed.data;
  });
}

export const pipelineOption = () =>
  new Option('--pipeline <name>', 'a pipeline that comes with ipa-edge, e.g. fashion');
export const manifestOption = () =>
  new Option('--manifest <file>', 'a manifest of your own, instead of --pipeline');
export const planManifestOption = () =>
  new Option('--manifest <file>', "the plan's manifest (default: the one that comes with ipa-edge)");
export const arrivalsOption = () =>
  new Option(
    '--arrivals <kind>',
    'exact: as many requests each second as the trace says; poisson: a Poisson process with its rates',
  )
    .choices(['exact', 'poisson'])
    .default('exact');
/** Adds the options that all planning commands share. */
export const withPlanning = (command: Command): Command =>
  command
    .option('--percentile <p>', 'percentile of the latency that --sla bounds', percentile, DEFAULT_PERCENTILE)
    .option(
      '--cores <n>',
      "cores that a plan may hold (default: those of the profile's device, less one for serving if the agent made the profile)",
      notNegative,
    )
    .option('--alpha <n>', 'weight of accuracy', notNegative, DEFAULT_OBJECTIVE.alpha)
    .option('--beta <n>', 'weight of cost', notNegative, DEFAULT_OBJECTIVE.beta)
    .option('--delta <n>', 'weight of batch sizes', notNegative, DEFAULT_OBJECTIVE.delta)
    .addOption(
      new Option('--accuracy <method>', 'how the accuracies of the stages are combined into one')
        .choices(accuracyMethod.options)
        .default(DEFAULT_OBJECTIVE.accuracy),
    );

/** Options of the commands that adapt plans to the load. */
export interface AdaptationFlags {
  readonly predictor: PredictorName;
  /** Seconds between two planning decisions, unless a second with more requests than forecast brings one sooner. */
  readonly interval: number;
  /** The lowest rate to plan for, in requests per second. */
  readonly minRate: number;
}

export const intervalOption = () =>
  new Option('--interval <duration>', 'time between two adaptation steps, in whole seconds')
    .argParser(interval)
    .default(10);
export const predictorOption = () =>
  new Option('--predictor <name>', 'what forecasts the load').choices(PREDICTORS).default('learned');
export const minRateOption = () =>
  new Option('--min-rate <n>', 'lowest rate to plan for, in requests/s').argParser(notNegative).default(0);

export const reportOption = () =>
  new Option('--out <file>', 'JSON file to write the report to; an HTML page of it goes beside it')
    .argParser(reportFile)
    .makeOptionMandatory();

export const jsonOption = () => new Option('--json', 'print the document, and nothing else, on stdout');

const MANIFEST_FILE = 'manifest.json';

/**
 * The path of the manifest of a pipeline that comes with ipa-edge.
 * @param published true: the pipeline must be one of the IPA paper's, with published figures and no models; false: it must have
 * models
 * @throws UsageError if no such pipeline has that name
 */
export function shippedManifest(pipeline: string, published = false): string {
  const shipped = shippedNames(MANIFEST_FILE);
  const choices = shipped.filter((name) => name.startsWith('ipa-') === published);
  if (choices.includes(pipeline)) return shippedFile(pipeline, MANIFEST_FILE);
  if (!shipped.includes(pipeline))
    throw new UsageError(
      `There is no pipeline ${pipeline}: choose one of ${choices.join(', ')}${published ? '' : ', or give --manifest for one of your own'}.`,
    );
  throw new UsageError(
    published
      ? `${pipeline} has models and no published figures. Profile it, and give the profile with --profile.`
      : `${pipeline} has published figures and no models. ipa-edge simulate --pipeline ${pipeline} simulates with them.`,
  );
}

/** The path of the manifest that `--pipeline` or `--manifest` names. @throws UsageError */
export function manifestPath({ pipeline, manifest }: { pipeline?: string; manifest?: string }): string {
  if ((pipeline === undefined) === (manifest === undefined))
    throw new UsageError('Give exactly one of --pipeline and --manifest.');
  return manifest === undefined ? shippedManifest(pipeline!) : absolute(manifest);
}

/** The path of a plan's manifest: that of `--manifest`, or the shipped one of the plan's pipeline. @throws UsageError */
export const planManifestPath = (
  { pipeline }: Pick<Plan, 'pipeline'>,
  { manifest }: { manifest?: string },
): string => (manifest === undefined ? manifestPath({ pipeline }) : absolute(manifest));

/** Makes a path absolute, so that errors name the whole path; URLs stay as they are. */
const absolute = (path: string): string => (/^https?:/.test(path) ? path : resolve(path));
