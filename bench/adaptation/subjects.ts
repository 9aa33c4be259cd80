import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StandingRequest } from '../../solver/adapt/standing-request.ts';
import { type IdentifiedProfile, type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { parsePublished } from '../../solver/documents/published.ts';
import { DEFAULT_PERCENTILE, planRequest } from '../../solver/plan/request.ts';
import { slaByRule } from '../../solver/plan/sla.ts';
import { readJson, writeJson } from '../../workers/command/files.ts';
import { ROOT } from '../../workers/command/root.ts';
import { fastestBaseline, variantsByTime } from '../comparison/baselines.ts';
import { withRunner } from '../runner/runner.ts';
import { publishedProfile, publishedRivals } from './published-profile.ts';
import { rivalSettings } from './rival-settings.ts';
import type { RivalSettings } from './rivals.ts';

/** A pipeline on which all systems are compared, with their settings. */
export interface Subject {
  readonly profile: Profile;
  /** Our system's plan request, without the fields of a setting. */
  readonly request: StandingRequest;
  readonly rivals: RivalSettings;
  /** Factor for a workload's rates. */
  readonly scale: number;
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
  const request = planRequest(profile, { slaMs, ratePerS: 1, resources: { cores }, downshift: false });
  return {
    profile,
    request: { ...request, restrictTo, minRatePerS: 0 },
    rivals: publishedRivals(document),
    scale: 1,
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
    downshift: false,
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
