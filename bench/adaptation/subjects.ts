import { join } from 'node:path';
import type { StandingRequest } from '../../solver/adapt/standing-request.ts';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { parsePublished } from '../../solver/documents/published.ts';
import { DEFAULT_PERCENTILE, planRequest } from '../../solver/plan/request.ts';
import { slaByRule } from '../../solver/plan/sla.ts';
import { readJson } from '../../workers/command/files.ts';
import { ROOT, shippedFile } from '../../workers/command/root.ts';
import { fastestBaseline } from '../comparison/baselines.ts';
import { publishedProfile, publishedRivals } from './published-profile.ts';
import { rivalSettings } from './rival-settings.ts';
import type { RivalSettings } from './rivals.ts';

/** A pipeline on which all systems are compared, with their settings. */
export interface Subject {
  readonly profile: Profile;
  /** Our system's plan request, before a setting replaces its percentile, lowest rate and weights. */
  readonly request: StandingRequest;
  readonly rivals: RivalSettings;
  /** Factor by which the rates of each load are multiplied. */
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
export type PipelineName = (typeof PIPELINES)[number];

/**
 * The loads of `fashion` are scaled so that its heaviest variants need this many cores in the busiest second. The loads of
 * the other pipelines are not scaled. Of these, `ipa-video` needs the fewest cores: the rival FA2-high holds about as many for it.
 */
const HEAVIEST_CORES = 6;
/** Requests in the busiest second of the generated traces, before scaling. */
const BUSIEST_PER_S = 34;
/** Approximate mean rate of all generated traces, before scaling. */
const MEAN_PER_S = 15;
/** FA2's variants of `fashion`: the smallest and largest models. The profile has too few samples to rank variants by their times. */
const FA2 = {
  fa2Low: { detect: 'det4', classify: 'linear' },
  fa2High: { detect: 'det16', classify: 'res32' },
};
/** Number of cores of IPA's cluster. */
const CLUSTER_CORES = 576;

/** Makes the subject of a pipeline. The paper's replicas hold one session, so plans for its pipelines hold no standbys. */
export const subject = (pipeline: PipelineName): Promise<Subject> =>
  pipeline === 'fashion' ? shipped() : published(pipeline);

async function published(pipeline: PipelineName): Promise<Subject> {
  const document = await readJson(shippedFile(pipeline, 'manifest.json'), parsePublished);
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

/**
 * The pipeline `fashion` on a cluster, with the shipped Node profile of the page's example. A profile measured on the spot would
 * give other results on every machine.
 */
async function shipped(): Promise<Subject> {
  const profile = await readJson(join(ROOT, 'web/public/example.json'), exampleProfile);
  const stages = profile.stages.map(({ name }) => name);
  const slaMs = slaByRule(profile.cells, stages, profile.fanOut);
  const request = planRequest(profile, {
    slaMs,
    ratePerS: 1,
    percentile: DEFAULT_PERCENTILE,
    resources: { cores: CLUSTER_CORES, gpus: 0 },
  });
  const heaviest = fastestBaseline(profile, FA2.fa2High, request);
  const scale = (HEAVIEST_CORES * 1000) / (heaviest.meanMs * BUSIEST_PER_S);
  return {
    profile,
    request: { ...request, minRatePerS: 0 },
    rivals: { ...rivalSettings(profile, request, scale * MEAN_PER_S), ...FA2 },
    scale,
  };
}

/**
 * The profile from Node in the page's example, without its serving costs, and without co-run slowdowns, because in a cluster each
 * worker has a machine of its own.
 */
function exampleProfile(archive: unknown, source: string): Profile {
  const { profiles } = archive as { readonly profiles: readonly unknown[] };
  const parsed = profiles.map((one) => parseProfile(one, source));
  const { serving: _, ...profile } = parsed.find(({ device }) => device.environment === 'node')!;
  return { ...profile, coRun: [] };
}
