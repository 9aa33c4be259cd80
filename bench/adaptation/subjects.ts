import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StandingRequest } from '../../solver/adapt/standing-request.ts';
import type { AdaptationRun } from '../../solver/documents/adaptation-report.ts';
import { type IdentifiedProfile, type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { parsePublished } from '../../solver/documents/published.ts';
import { parseTrace, type Trace } from '../../solver/documents/trace.ts';
import { DEFAULT_PERCENTILE, planRequest } from '../../solver/plan/request.ts';
import { slaByRule } from '../../solver/plan/sla.ts';
import { WORKLOADS, workload } from '../../solver/simulate/workloads.ts';
import { readJson, writeJson } from '../../workers/command/files.ts';
import { ROOT } from '../../workers/command/root.ts';
import { fastestBaseline, variantsByTime } from '../comparison/baselines.ts';
import { withRunner } from '../runner/runner.ts';
import { PAPERS_TRACE } from './paper.ts';
import { publishedProfile, publishedRivals } from './published-profile.ts';
import { rivalSettings } from './rival-settings.ts';
import type { RivalSettings } from './rivals.ts';

/** What our system plans for in one run: percentile, minimum rate, weights, and how accuracies are combined. */
export type Setting = NonNullable<AdaptationRun['setting']>;

/** Part of a setting to try with our system, for any load and weight of cost. */
interface Try {
  readonly percentile: number;
  /** Minimum rate to plan for, as a share of the load's mean rate. */
  readonly minShare: number;
  /** Weight of a switch, as a share of the PAS. A higher weight causes fewer switches, so that plans follow the load less. */
  readonly switchShare: number;
}

/** A pipeline on which all systems are compared, with their settings. */
export interface Subject {
  readonly profile: Profile;
  /** Our system's plan request, without the fields of a setting. */
  readonly request: StandingRequest;
  readonly rivals: RivalSettings;
  /** Factor for a workload's rates. */
  readonly scale: number;
  /** Settings of our system, in the order in which to try them. */
  readonly tries: readonly Try[];
}

export const PIPELINES = [
  'fashion',
  'ipa-video',
  'ipa-audio-qa',
  'ipa-audio-sent',
  'ipa-sum-qa',
  'ipa-nlp',
] as const;
export type Pipeline = (typeof PIPELINES)[number];

/** Loads are scaled so that the heaviest variants of `fashion` need this many cores in the busiest second. */
const HEAVIEST_CORES = 20;
/** Requests in the busiest second of the workloads, before scaling. */
const BUSIEST_PER_S = 34;
/** Approximate mean rate of all workloads, before scaling. */
const MEAN_PER_S = 15;
/** Number of cores of IPA's cluster. */
const CLUSTER_CORES = 576;
const SEED = 1;

export const subject = (pipeline: Pipeline, out: string): Promise<Subject> =>
  pipeline === 'fashion' ? measured(join(out, 'profile.json')) : published(pipeline);

async function published(pipeline: Pipeline): Promise<Subject> {
  const document = await readJson(join(ROOT, 'models', pipeline, 'manifest.json'), parsePublished);
  const profile = await publishedProfile(document);
  const { slaMs, cores, restrictTo } = document;
  const request = planRequest(profile, { slaMs, ratePerS: 1, resources: { cores } });
  return {
    profile,
    request: { ...request, restrictTo, minRatePerS: 0 },
    rivals: publishedRivals(document),
    scale: 1,
    tries: [
      { percentile: 99, minShare: 0, switchShare: 0.02 },
      { percentile: 99.9, minShare: 0, switchShare: 0.02 },
      { percentile: 99, minShare: 1.1, switchShare: 0.002 },
      { percentile: 99.9, minShare: 1, switchShare: 0.002 },
      { percentile: 99.9, minShare: 1.5, switchShare: 0.02 },
      { percentile: 98, minShare: 0, switchShare: 0.02 },
      { percentile: 90, minShare: 0, switchShare: 0.02 },
      { percentile: 99, minShare: 1.15, switchShare: 0.002 },
    ],
  };
}

/** `fashion` on a cluster of cores like this machine's, on which it is profiled once. */
async function measured(path: string): Promise<Subject> {
  const profile = existsSync(path) ? await readJson(path, parseProfile) : (await measure(path)).profile;
  const stages = profile.stages.map(({ name }) => name);
  const slaMs = slaByRule(profile.cells, stages, profile.fanOut);
  const request = planRequest(profile, {
    slaMs,
    ratePerS: 1,
    percentile: DEFAULT_PERCENTILE,
    resources: { cores: CLUSTER_CORES, gpus: 0 },
  });
  const heaviest = fastestBaseline(profile, variantsByTime(profile, 'heaviest', ['cpu']), request);
  const scale = (HEAVIEST_CORES * 1000) / (heaviest.meanMs * BUSIEST_PER_S);
  // In a cluster, workers do not slow each other, because each has a machine of its own.
  const apart = { ...profile, coRun: [] };
  return {
    profile: apart,
    request: { ...request, minRatePerS: 0 },
    rivals: rivalSettings(apart, request, scale * MEAN_PER_S),
    scale,
    tries: [
      { percentile: 99, minShare: 0, switchShare: 0.02 },
      { percentile: 50, minShare: 0, switchShare: 0.02 },
      { percentile: 99, minShare: 2, switchShare: 0.02 },
    ],
  };
}

function measure(path: string): Promise<IdentifiedProfile> {
  const manifestPath = join(ROOT, 'models/fashion/manifest.json');
  const { signal } = new AbortController();
  return withRunner(['cpu'], { manifestPath, out: path, signal }, async ({ runner }) => {
    const measured = await runner.profile({
      backends: ['cpu'],
      threads: [1, 2],
      batches: [1, 2, 4, 8, 16],
      budgetS: 100,
      seed: SEED,
    });
    await writeJson(path, measured.profile);
    return measured;
  });
}

/** Start and end of the burst in the paper's trace, in seconds. */
const BURST_S = [360, 840] as const;
/** Loads of `fashion` have thousands of requests per second, so they are shorter, with only the burst of the paper's trace. */
const SHORT_S = 300;

/** IPA's bursty trace, if the reference data has it, and one generated load of each kind. */
export async function workloads(pipeline: Pipeline): Promise<Trace[]> {
  const short = pipeline === 'fashion';
  const reference = process.env.IPA_EDGE_REFERENCE ?? join(ROOT, '../shared');
  const path = join(reference, 'ipa/traces/bursty.json');
  const traces = existsSync(path) ? [parseTrace(JSON.parse(await readFile(path, 'utf8')), path)] : [];
  if (traces.length === 0)
    console.error(`There is no ${path}: IPA's own bursty trace is left out. Set IPA_EDGE_REFERENCE.`);
  return [
    ...traces.map((trace) => ({
      ...trace,
      name: PAPERS_TRACE,
      rates: short ? trace.rates.slice(...BURST_S) : trace.rates,
    })),
    ...WORKLOADS.map((kind) => workload(kind, { seed: SEED, ...(short && { durationS: SHORT_S }) })),
  ];
}
