import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StandingRequest } from '../../solver/adapt/standing-request.ts';
import { type IdentifiedProfile, type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { parsePublished } from '../../solver/documents/published.ts';
import type { AdaptationRun } from '../../solver/documents/report.ts';
import { parseTrace, type Trace } from '../../solver/documents/trace.ts';
import { DEFAULT_PERCENTILE, planRequest } from '../../solver/plan/request.ts';
import { slaByRule } from '../../solver/plan/sla.ts';
import { WORKLOADS, workload } from '../../solver/simulate/workloads.ts';
import { readJson, writeJson } from '../../workers/command/files.ts';
import { journalBeside } from '../../workers/command/profile.ts';
import { ROOT } from '../../workers/command/root.ts';
import { fastestBaseline, variantsByTime } from '../comparison/baselines.ts';
import { openRunner } from '../runner/runner.ts';
import { PAPERS_TRACE } from './paper.ts';
import { publishedProfile, publishedRivals } from './published-profile.ts';
import { rivalSettings } from './rival-settings.ts';
import type { RivalSettings } from './rivals.ts';

/** What ours is asked for. */
export type Setting = NonNullable<AdaptationRun['setting']>;

/** What ours is asked for, whatever the load and the weights. */
export interface Try {
  readonly percentile: number;
  /** The least rate that is planned for, as a share of the load's mean. */
  readonly minShare: number;
  /** What a switch of variants weighs, as a share of the accuracy: plans flutter less, and follow the load less closely. */
  readonly switchShare: number;
}

/** A pipeline as all systems get it. */
export interface Subject {
  readonly profile: Profile;
  /** What ours is asked for, but for its setting. */
  readonly request: StandingRequest;
  readonly rivals: RivalSettings;
  /** Times a workload's rates. */
  readonly scale: number;
  /** That ours is tried with, the first one first. */
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

/** Cores that the heaviest variants of `fashion` are to need in the busiest second of a workload. */
const HEAVIEST_CORES = 20;
/** Of the workloads, in requests/s. */
const BUSIEST_PER_S = 34;
/** Mean of all of them, about. */
const MEAN_PER_S = 15;
/** Cores of the cluster that IPA's authors had. */
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

/** `fashion` as this machine's CPU runs it, measured once, on a cluster of such cores. */
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
  // Each on a core of its own: nobody is beside it.
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

async function measure(path: string): Promise<IdentifiedProfile> {
  const store = await journalBeside(path);
  const runner = await openRunner(['cpu'], {
    manifestPath: join(ROOT, 'models/fashion/manifest.json'),
    store,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  try {
    const measured = await runner.profile({
      backends: ['cpu'],
      threads: [1, 2],
      batches: [1, 2, 4, 8, 16],
      budgetS: 100,
      seed: SEED,
    });
    await writeJson(path, measured.profile);
    return measured;
  } finally {
    await runner.close();
    store.close();
  }
}

/** Of the paper's trace, from before its burst until after it. */
const BURST_S = [360, 840] as const;
/** `fashion` has thousands of requests a second: of them so many seconds, and of the paper's trace its burst. */
const SHORT_S = 300;

/** IPA's bursty trace where the reference data is, and every kind of generated load. */
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
