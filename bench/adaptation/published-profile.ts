import { sha256Hex } from '../../models/manifests/load.ts';
import type { MeasuredCell } from '../../solver/documents/cell.ts';
import { PROFILE, type Profile } from '../../solver/documents/profile.ts';
import type { Published } from '../../solver/documents/published.ts';
import { logNormal } from '../../solver/math/log-normal.ts';
import { seededRandom, shuffled } from '../../solver/math/random.ts';
import { summaryOf } from '../../solver/math/statistics.ts';
import type { RivalSettings } from './rivals.ts';

/** Time from a decision until a new replica serves, in IPA's paper (JSys 2024). */
const READY_MS = 8000;

/**
 * Makes a profile from published measurements: service times are log-normal with the published means and p99s, and every stage
 * gets one item per request, as in the paper.
 */
export async function publishedProfile(published: Published): Promise<Profile> {
  const random = seededRandom(0);
  return {
    schema: PROFILE,
    createdAt: '2024-01-01T00:00:00Z',
    pipeline: published.name,
    device: {
      environment: 'published',
      agent: published.title,
      platform: published.platform,
      logicalCores: published.cores,
      adapter: null,
      ortVersion: 'none',
      ortBuild: 'none',
      crossOriginIsolated: false,
      timerGrainMs: 0,
    },
    settings: {
      seed: 0,
      budgetS: 1,
      batches: [...new Set(published.cells.map(({ batch }) => batch))].sort((a, b) => a - b),
      slaMs: published.slaMs,
    },
    stages: await Promise.all(published.stages.map(profileStage)),
    cells: published.cells.map((cell) => {
      const { meanMs, p99Ms, cores, basis, stage, variant, batch } = cell;
      const inferenceMs = shuffled(logNormal(meanMs, p99Ms), random);
      return {
        stage,
        variant,
        backend: 'cpu',
        threads: cores,
        batch,
        state: 'measured',
        cold: { loadMs: 0, createMs: READY_MS, firstRunMs: 0 },
        warmupRuns: 0,
        inferenceMs,
        handlingMs: inferenceMs.map(() => 0),
        latencyMs: summaryOf(inferenceMs),
        outputs: { maxAbsError: 0, agree: true },
        flags: [basis],
      } satisfies MeasuredCell;
    }),
    fanOut: published.stages.map(({ name }) => ({ stage: name, upstream: {}, counts: [1] })),
    endToEnd: [],
    coRun: [],
  };
}

async function profileStage({ name, task, metric, variants }: Published['stages'][number]) {
  return {
    name,
    task,
    metric,
    variants: await Promise.all(
      variants.map(async (variant) => ({
        name: variant.name,
        // There is no model file, so the hash of the published record identifies the variant.
        sha256: await sha256Hex(new TextEncoder().encode(JSON.stringify(variant))),
        // The record states no size, so each parameter counts as 32 bits.
        sizeBytes: Math.round(variant.parametersMillion * 4e6),
        accuracy: { published: variant.accuracy, measured: null },
      })),
    ),
  };
}

/** Settings of the paper's systems for a published pipeline. */
export const publishedRivals = (published: Published): RivalSettings => ({
  slaMs: published.slaMs,
  resources: { cores: published.cores, pricePerCore: 1 },
  objective: published.weights,
  baseCores: Object.fromEntries(
    published.stages.map(({ name, variants }) => [
      name,
      Object.fromEntries(variants.map((variant) => [variant.name, variant.baseCores])),
    ]),
  ),
  batchMax: published.batchMax,
  restrictTo: published.restrictTo,
  fa2Low: published.fa2Low,
  fa2High: published.fa2High,
  rimReplicas: published.rimReplicas,
});
